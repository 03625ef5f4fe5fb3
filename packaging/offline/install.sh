#!/bin/sh
# Installs or upgrades Custody from a folder, without a network: signature, checksums, then apt from the folder alone.
set -eu
umask 022

# tell ENGLISH VIETNAMESE
tell() {
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
        vi*) printf '%s\n' "$2" ;;
        *) printf '%s\n' "$1" ;;
    esac
}
usage() {
    tell "usage: install.sh [FOLDER] [--key FILE | --sums HEX] [--recommended] [--check] [--help]

Verifies FOLDER (default: where this program lies) and installs Custody from it. Nothing is fetched.
  --key FILE      the signer's public key, that came by another way than the folder; kept in /etc/custody/package-signer.pem,
                  which is the default the next time
  --sums HEX      instead: the SHA-256 of the file SHA256SUMS, 64 digits, that came by another way than the folder
  --recommended   also the tools of PostgreSQL, MariaDB and btrfs
  --check         verifies only" \
         "cách dùng: install.sh [THƯ MỤC] [--key TỆP | --sums HEX] [--recommended] [--check] [--help]

Xác minh THƯ MỤC (mặc định: nơi có chương trình này) rồi cài Custody từ đó. Không tải gì từ mạng.
  --key TỆP       khóa công khai của người ký, nhận qua đường khác chứ không cùng thư mục; được giữ ở
                  /etc/custody/package-signer.pem và là mặc định cho lần sau
  --sums HEX      thay cho khóa: mã SHA-256 của tệp SHA256SUMS, 64 chữ số, nhận qua đường khác chứ không cùng thư mục
  --recommended   thêm công cụ của PostgreSQL, MariaDB và btrfs
  --check         chỉ xác minh"
}
fail() { { printf 'install: '; tell "$1" "$2"; } >&2; exit "${3:-1}"; }

folder='' key='' sums='' recommended=no check=no
while [ $# -gt 0 ]; do
    case $1 in
        --key | --sums)
            [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value" "$1 cần một giá trị" 2
            if [ "$1" = --key ]; then key=$2; else sums=$2; fi
            shift 2
            ;;
        --recommended) recommended=yes; shift ;;
        --check) check=yes; shift ;;
        --help | -h) usage; exit 0 ;;
        -*) usage >&2; exit 2 ;;
        *) [ -z "$folder" ] || { usage >&2; exit 2; }; folder=$1; shift ;;
    esac
done
folder=$(cd "${folder:-$(dirname "$0")}" && pwd)
for file in SHA256SUMS SHA256SUMS.sig Packages packages; do
    [ -e "$folder/$file" ] || fail "$folder has no $file: it is no folder made by scripts/package --offline, or not all of it was copied" \
                                   "$folder không có $file: không phải thư mục do scripts/package --offline tạo, hoặc chép chưa đủ"
done
kept_key=/etc/custody/package-signer.pem
if [ -z "$key$sums" ] && [ -e "$kept_key" ]; then key=$kept_key; fi
[ -n "$key$sums" ] || fail "say whom you trust: --key FILE or --sums HEX, that came by another way than this folder (README.txt)" \
                           "hãy cho biết tin vào đâu: --key TỆP hoặc --sums HEX, nhận qua đường khác chứ không cùng thư mục này (README.txt)" 2
[ "$check" = yes ] || [ "$(id -u)" -eq 0 ] || fail "only root can install packages" "chỉ root mới cài được gói phần mềm"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
# What is verified is what is used: the lists are copied first.
cp "$folder/SHA256SUMS" "$folder/SHA256SUMS.sig" "$folder/Packages" "$work/"
if [ -n "$sums" ]; then
    [ "$(sha256sum <"$work/SHA256SUMS" | cut -d' ' -f1)" = "$(printf %s "$sums" | tr -d ' ' | tr A-F a-f)" ] ||
        fail "SHA256SUMS has another checksum than the one you were told: do not use this folder" \
             "tệp SHA256SUMS có mã kiểm tra khác mã đã nhận: không được dùng thư mục này" 4
else
    command -v openssl >/dev/null ||
        fail "openssl is not on this machine, so the signature cannot be checked: use --sums HEX (README.txt)" \
             "máy này không có openssl nên không kiểm tra được chữ ký: hãy dùng --sums HEX (README.txt)"
    openssl pkeyutl -verify -rawin -pubin -inkey "$key" -in "$work/SHA256SUMS" -sigfile "$work/SHA256SUMS.sig" >/dev/null 2>&1 ||
        fail "the signature of SHA256SUMS is not by the key $key: do not use this folder" \
             "chữ ký của SHA256SUMS không phải của khóa $key: không được dùng thư mục này" 4
fi
(cd "$folder" && sha256sum --check --quiet --strict "$work/SHA256SUMS" >&2) && cmp -s "$work/Packages" "$folder/Packages" ||
    fail "files of $folder are damaged or were changed (above): copy the folder again" \
         "có tệp trong $folder bị hỏng hoặc bị thay đổi (nêu ở trên): hãy chép lại thư mục" 4
tell "verified: every file is as it was signed" "đã xác minh: mọi tệp đúng như khi được ký"
[ "$check" = no ] || exit 0

# A source of packages of its own: no other is asked, and nothing is left of it afterwards.
mkdir -p "$work/source" "$work/lists/partial" "$work/cache/archives/partial"
ln -s "$folder/packages" "$work/source/packages"
mv "$work/Packages" "$work/source/Packages"
echo "deb [trusted=yes] file:$work/source ./" >"$work/sources.list"
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 -qq "$@"
}
apt update >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "apt cannot read the list of packages" "apt không đọc được danh sách gói"; }
set -- custody
[ "$recommended" = no ] || set -- custody btrfs-progs ca-certificates mariadb-client openssl postgresql-client
# What is here and newer stays; nothing is removed to make room.
apt --yes --no-install-recommends --no-remove install "$@" ||
    fail "apt could not install (above); nothing was removed" "apt không cài được (nêu ở trên); không có gì bị gỡ bỏ"
if [ -n "$key" ] && [ "$key" != "$kept_key" ] && ! cmp -s "$key" "$kept_key"; then
    install -m 0644 "$key" "$kept_key"
    tell "the signer's key is kept for upgrades: $kept_key" "khóa của người ký được giữ lại để nâng cấp: $kept_key"
fi
tell "installed: custody $(dpkg-query -W -f='${Version}' custody)" "đã cài: custody $(dpkg-query -W -f='${Version}' custody)"
