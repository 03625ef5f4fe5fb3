#include "cli/passphrase.h"

#include "base/file.h"
#include "base/passphrase_text.h"
#include "base/text.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "vault/keys/recovery_kit.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace custody {
namespace {

constexpr std::array<const char*, 4> kVariables = {"CUSTODY_PASSPHRASE", "CUSTODY_NEW_PASSPHRASE", "CUSTODY_KIT_PASSPHRASE",
                                                   "CUSTODY_OFFICER_PASSPHRASE"};
constexpr std::uint64_t kMaxPassphraseFile = 64 * 1024;

const char* variable_of(PassphraseKind kind) { return kVariables[static_cast<std::size_t>(kind)]; }

Result<Secret> first_line_of(const std::string& path) {
    TRY_ASSIGN(const std::string absolute, absolute_path(path));
    auto read = read_file(posix_file_system(), absolute, kMaxPassphraseFile);
    if (!read.ok()) return Error{Code::usage, say("cannot read the passphrase file: {}", read.error().message)};
    Bytes& bytes = read.value();
    auto end = std::find(bytes.begin(), bytes.end(), Byte{'\n'});
    if (end != bytes.begin() && *(end - 1) == '\r') --end;
    Secret secret = Secret::copy_of({bytes.data(), static_cast<std::size_t>(end - bytes.begin())});
    wipe(bytes);
    return secret;
}

Error nobody_to_ask(const char* variable) {
    return {Code::usage, say("no passphrase: there is no terminal to ask on; name a file with it in {}_FILE", variable)};
}

// Not "wrong": whoever set nothing looks in another place than who mistyped.
Error none_given(const char* variable) {
    return {Code::wrong_key, say("no passphrase given; set {}_FILE to a file whose first line it is", variable)};
}

Error empty_passphrase() {
    return {Code::usage,
            say("the passphrase is empty: choose a longer one, best several words that only you would put together")};
}

// Twice, and the same; an empty first answer is returned as it is.
Result<Secret> ask_twice(Terminal& terminal, const std::string& prompt) {
    TRY_ASSIGN(Secret first, terminal.ask_secret(prompt));
    if (first.empty()) return first;
    TRY_ASSIGN(const Secret second, terminal.ask_secret(say("The same again: ")));
    if (!equal_in_constant_time(first.view(), second.view())) {
        return Error{Code::usage, say("the two entries differ: nothing was changed; run the command again")};
    }
    return normalized_passphrase(first);
}

Passphrases::Chosen with_hint(Secret secret) {
    std::string weak = passphrase_weakness(secret);
    return {std::move(secret), std::move(weak)};
}

}  // namespace

Passphrases Passphrases::capture_environment() {
    Passphrases all;
    for (std::size_t i = 0; i < kVariables.size(); ++i) {
        Given& given = all.given_[i];
        given.file = environment((std::string(kVariables[i]) + "_FILE").c_str());
        char* value = std::getenv(kVariables[i]);
        if (value == nullptr) continue;
        const std::size_t size = std::strlen(value);
        given.set = true;
        given.value = Secret::copy_of(as_bytes({value, size}));
        wipe({reinterpret_cast<Byte*>(value), size});
        ::unsetenv(kVariables[i]);
    }
    return all;
}

void Passphrases::use_file(PassphraseKind kind, const std::string& file) {
    Given& of_kind = given_[static_cast<std::size_t>(kind)];
    if (!of_kind.set && of_kind.file.empty()) of_kind.file = file;
}

Result<Secret> Passphrases::given(const Given& from, const char* variable) const {
    if (!from.file.empty()) {
        TRY_ASSIGN(const Secret line, first_line_of(from.file));
        return normalized_passphrase(line);
    }
    if (from.set) return normalized_passphrase(from.value);
    return nobody_to_ask(variable);
}

Result<Secret> Passphrases::existing(PassphraseKind kind, const std::string& prompt) const {
    const char* variable = variable_of(kind);
    if (of(kind).set || !of(kind).file.empty()) {
        TRY_ASSIGN(Secret secret, given(of(kind), variable));
        if (secret.empty()) return none_given(variable);
        return secret;
    }
    auto terminal = Terminal::open();
    if (!terminal) return none_given(variable);
    TRY_ASSIGN(const Secret typed, terminal->ask_secret(prompt));
    if (typed.empty()) return none_given(variable);
    return normalized_passphrase(typed);
}

Result<Passphrases::Chosen> Passphrases::chosen(PassphraseKind kind, const std::string& prompt) const {
    if (of(kind).set || !of(kind).file.empty()) {
        TRY_ASSIGN(Secret secret, given(of(kind), variable_of(kind)));
        if (secret.empty()) return empty_passphrase();
        return with_hint(std::move(secret));
    }
    auto terminal = Terminal::open();
    if (!terminal) return nobody_to_ask(variable_of(kind));
    TRY_ASSIGN(Secret secret, ask_twice(*terminal, prompt));
    if (secret.empty()) return empty_passphrase();
    return with_hint(std::move(secret));
}

Result<Passphrases::Chosen> Passphrases::chosen_or_made(PassphraseKind kind, const std::string& prompt) const {
    if (of(kind).set || !of(kind).file.empty()) return chosen(kind, prompt);
    auto terminal = Terminal::open();
    if (!terminal) return nobody_to_ask(variable_of(kind));
    TRY_ASSIGN(Secret secret, ask_twice(*terminal, prompt));
    if (!secret.empty()) return with_hint(std::move(secret));
    secret = make_kit_passphrase();
    // On the terminal only: standard error may go to a log.
    terminal->write(say("The kit's passphrase, shown this once; write it down and keep it apart from the kit:\n    "));
    terminal->write(as_text(secret.view()));
    terminal->write("\n");
    return Chosen{std::move(secret), ""};
}

std::string passphrase_weakness(const Secret& passphrase) {
    std::size_t characters = 0;
    bool distinct[256] = {};
    for (const Byte byte : passphrase.view()) {
        if ((byte & 0xC0) != 0x80) ++characters;  // UTF-8 continuation bytes are no characters
        distinct[byte] = true;
    }
    const auto kinds = std::count(std::begin(distinct), std::end(distinct), true);
    if (characters < 12) {
        return say(
            "the passphrase has only {} characters: whoever gets the keyring can try them all; 16 or more are better, "
            "best five words taken by chance",
            characters);
    }
    if (kinds < 6) return say("the passphrase repeats the same few characters: it is easily guessed");
    return "";
}

}  // namespace custody
