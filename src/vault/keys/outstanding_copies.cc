#include "vault/keys/outstanding_copies.h"

#include "base/counts.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

std::string way_to_declare(std::uint32_t number) {
    return say("where it and all copies that it made exist no more, 'custody key settle --declared-destroyed {} --reason R'",
               number);
}

// Another keyring whose own keys are gone.
std::string line_of_word(const CopyInfo& copy, const std::string& label, const DestructionWord& word) {
    std::string says = say("it does not say whether copies of them are left");
    if (word.copies && *word.copies > 0) {
        says = say_count(*word.copies, "it says: {} copy outstanding", "it says: {} copies outstanding");
    } else if (word.copies && !word.keyrings.empty()) {
        says = say("it says that it waits for keyring {}", word.keyrings.begin()->hex());
    }
    return say(
        "copy {}, another keyring ({}), destroyed its own keys of label {}, and {}: settle what 'custody key list' names "
        "with it, then run 'custody key destroy --label {}' with it again; {}",
        copy.number, printable(copy.note), printable(label), says, printable(label), way_to_declare(copy.number));
}

std::string line_of_keyring(const CopyInfo& copy, const std::string& label) {
    return say(
        "copy {}, another keyring ({}), may still open the destroyed label {}: run 'custody key destroy --label {}' with "
        "it; where it is a writer's, which opens nothing, 'custody key settle' its keys file, or 'custody key import' what "
        "'custody key export --public' writes there; {}",
        copy.number, printable(copy.note), printable(label), printable(label), way_to_declare(copy.number));
}

}  // namespace

const DestructionWord* last_word(std::span<Repository* const> reachable, const LabelId& label, const SignerId& signer) {
    const DestructionWord* last = nullptr;
    for (const Repository* repository : reachable) {
        const auto who = repository->state().label_destroyers.find(label);
        if (who == repository->state().label_destroyers.end()) continue;
        const auto word = who->second.find(signer);
        if (word != who->second.end() && (last == nullptr || last->time < word->second.time)) last = &word->second;
    }
    return last;
}

bool has_passed(std::span<Repository* const> reachable, const LabelId& label, const SignerId& signer) {
    const DestructionWord* const word = last_word(reachable, label, signer);
    return word != nullptr && word->copies == 0 &&
           std::all_of(word->keyrings.begin(), word->keyrings.end(),
                       [&](const SignerId& other) { return last_word(reachable, label, other) != nullptr; });
}

std::map<LabelId, std::set<SignerId>> passed_keyrings(const Keyring& keyring, std::span<Repository* const> reachable) {
    std::map<LabelId, std::set<SignerId>> passed;
    for (const DestroyedLabel& destroyed : keyring.destroyed_labels()) {
        for (const Repository* repository : reachable) {
            const auto who = repository->state().label_destroyers.find(destroyed.label);
            if (who == repository->state().label_destroyers.end()) continue;
            for (const auto& [signer, word] : who->second) {
                if (has_passed(reachable, destroyed.label, signer)) passed[destroyed.label].insert(signer);
            }
        }
    }
    return passed;
}

DestructionWord own_word(const Keyring& keyring, std::span<Repository* const> reachable, const LabelId& label) {
    DestructionWord word;
    const auto destroyed = keyring.destroyed(label);
    if (!destroyed) return word;  // it has nothing to say; of copies least of all that none is left
    std::uint64_t copies = 0;
    const std::set<std::uint32_t> outstanding(destroyed->outstanding_copies.begin(), destroyed->outstanding_copies.end());
    for (const CopyInfo& copy : keyring.copies()) {
        if (!outstanding.contains(copy.number)) continue;
        const auto signer = signer_of(copy);
        if (!signer) {
            ++copies;
        } else if (last_word(reachable, label, *signer) == nullptr) {
            word.keyrings.insert(*signer);
        }
    }
    word.copies = copies;
    return word;
}

bool says_the_same(const DestructionWord& a, const DestructionWord& b) {
    return a.copies == b.copies && a.keyrings == b.keyrings;
}

std::string outstanding_line(const Keyring& keyring, const DestroyedLabel& label, std::uint32_t number,
                             std::span<Repository* const> reachable) {
    for (const CopyInfo& copy : keyring.copies()) {
        if (copy.number != number) continue;
        if (const auto signer = signer_of(copy)) {
            const DestructionWord* const word = last_word(reachable, label.label, *signer);
            return word == nullptr ? line_of_keyring(copy, label.name) : line_of_word(copy, label.name, *word);
        }
        const auto kit = kit_of(copy);
        if (!kit) break;
        return say(
            "copy {} of the keys, the printed page of recovery kit {}, still opens the destroyed label {}: a page cannot be "
            "rewritten; destroy the paper and its PDF, declare it with 'custody key settle --declared-destroyed {} --reason R', "
            "and print a new one with the next 'custody key export --recovery --page'",
            number, *kit, printable(label.name), number);
    }
    return say(
        "copy {} of the keys still opens the destroyed label {}: present it with 'custody key settle FILE', or declare it "
        "with 'custody key settle --declared-destroyed {} --reason R'",
        number, printable(label.name), number);
}

std::vector<std::string> outstanding_lines(const Keyring& keyring, std::span<Repository* const> reachable) {
    std::vector<std::string> lines;
    for (const DestroyedLabel& label : keyring.destroyed_labels()) {
        for (const std::uint32_t number : label.outstanding_copies) {
            lines.push_back(outstanding_line(keyring, label, number, reachable));
        }
    }
    return lines;
}

std::vector<std::string> untold_lines(const Keyring& keyring, std::span<Repository* const> reachable) {
    std::vector<std::string> lines;
    for (const DestroyedLabel& label : keyring.destroyed_labels()) {
        const DestructionWord* const said = last_word(reachable, label.label, keyring.signer());
        if (said == nullptr || says_the_same(*said, own_word(keyring, reachable, label.label))) continue;
        lines.push_back(say(
            "what is outstanding of the destroyed label {} has changed since this keyring entered it: tell the other keyrings "
            "with 'custody key destroy --label {}'",
            printable(label.name), printable(label.name)));
    }
    return lines;
}

}  // namespace custody
