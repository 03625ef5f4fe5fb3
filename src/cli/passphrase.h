// Passphrases: from a file or the environment, else asked on the terminal with echo off; never an argument.
//
// Of each kind, <NAME>_FILE names a file whose first line is the passphrase, <NAME> is the passphrase itself:
// CUSTODY_PASSPHRASE (the keyring's), CUSTODY_NEW_PASSPHRASE (key passwd, key slot add), CUSTODY_KIT_PASSPHRASE (recovery kits),
// CUSTODY_OFFICER_PASSPHRASE (the file of --officer-key, and the one that key officer makes).
// All are NFC-normalised. Ownership: Passphrases owns what it captured, in locked memory. Threads: one.
// Errors: usage (a new one: nobody to ask, empty, entries differ), wrong_key (existing: none given), interrupted, io.
#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <array>
#include <string>

namespace custody {

enum class PassphraseKind { keyring, new_keyring, kit, officer };

class Passphrases {
public:
    // Takes the variables and overwrites them where they stand, so that neither a child nor /proc/PID/environ shows them. Called
    // once, first thing in main.
    static Passphrases capture_environment();

    // Whether a file or variable has it, so that nobody need be asked.
    [[nodiscard]] bool is_given(PassphraseKind kind) const { return of(kind).set || !of(kind).file.empty(); }
    // Where neither file nor variable has it: the first line of this file.
    void use_file(PassphraseKind kind, const std::string& file);
    // `prompt` is shown on /dev/tty.
    [[nodiscard]] Result<Secret> existing(PassphraseKind kind, const std::string& prompt) const;
    // Asked twice; not empty. `weak` says what to tell the user about its strength, or is empty.
    struct Chosen {
        Secret secret;
        std::string weak;
    };
    [[nodiscard]] Result<Chosen> chosen(PassphraseKind kind, const std::string& prompt) const;
    // For a kit: an empty answer on the terminal makes one and shows it there once.
    [[nodiscard]] Result<Chosen> chosen_or_made(PassphraseKind kind, const std::string& prompt) const;

private:
    struct Given {
        std::string file;
        Secret value;
        bool set = false;
    };
    [[nodiscard]] Result<Secret> given(const Given& from, const char* variable) const;
    [[nodiscard]] const Given& of(PassphraseKind kind) const { return given_[static_cast<std::size_t>(kind)]; }
    std::array<Given, 4> given_;
};

// What is weak about it, in words for the user; empty: nothing obvious. A hint, not a rule.
[[nodiscard]] std::string passphrase_weakness(const Secret& passphrase);

}  // namespace custody
