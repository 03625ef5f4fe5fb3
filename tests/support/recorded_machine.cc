#include "tests/support/recorded_machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream out(path, std::ios::app | std::ios::binary);
    out << text;
    if (!out.flush()) ADD_FAILURE() << "cannot write " << path;
}

void link(const std::string& to, const std::string& path) {
    fs::create_directories(fs::path(path).parent_path());
    std::error_code failed;
    fs::create_symlink(to, path, failed);
    if (failed) ADD_FAILURE() << "cannot link " << path << ": " << failed.message();
}

}  // namespace

RecordedMachine::RecordedMachine() : folder_("machine") { write(folder_ / "mountinfo", ""); }

void RecordedMachine::block(const std::string& name, const std::string& folder) {
    const std::string number = std::to_string(8 + next_ / 250) + ":" + std::to_string(next_ % 250);
    ++next_;
    numbers_[name] = number;
    write(folder + "/dev", number + "\n");
    write(folder + "/size", "2097152\n");
    link(folder, folder_ / ("sys/class/block/" + name));
    link(folder, folder_ / ("sys/dev/block/" + number));
}

void RecordedMachine::disk(const std::string& name, const std::string& wwid, const std::string& device) {
    const std::string parent = folder_ / ("sys/devices/" + (device.empty() ? "of-" + name : device));
    fs::create_directories(parent);
    const std::string folder = parent + "/block/" + name;
    block(name, folder);
    link(parent, folder + "/device");
    if (!wwid.empty()) write(folder + "/wwid", wwid + "\n");
}

void RecordedMachine::partition(const std::string& disk, const std::string& name) {
    const std::string folder = fs::canonical(folder_ / ("sys/class/block/" + disk)).string() + "/" + name;
    block(name, folder);
    write(folder + "/partition", "1\n");
}

void RecordedMachine::stacked(const std::string& name, const std::vector<std::string>& slaves, const std::string& dm_name) {
    const std::string folder = folder_ / ("sys/devices/virtual/block/" + name);
    block(name, folder);
    for (const auto& slave : slaves) {
        const std::string of_slave = fs::canonical(folder_ / ("sys/class/block/" + slave)).string();
        link(of_slave, folder + "/slaves/" + slave);
        link(folder, of_slave + "/holders/" + name);
    }
    if (!dm_name.empty()) write(folder + "/dm/name", dm_name + "\n");
}

void RecordedMachine::loop(const std::string& name, const std::string& backing_file) {
    const std::string folder = folder_ / ("sys/devices/virtual/block/" + name);
    block(name, folder);
    write(folder + "/loop/backing_file", backing_file + "\n");
}

void RecordedMachine::btrfs(const std::string& uuid, const std::vector<std::string>& devices) {
    for (const auto& device : devices)
        link(folder_ / ("sys/class/block/" + device), folder_ / ("sys/fs/btrfs/" + uuid + "/devices/" + device));
}

void RecordedMachine::mount(const std::string& point, const std::string& device, const std::string& file_system,
                            const std::string& source, const std::string& super_options, const std::string& options) {
    const std::string number = device.empty() || file_system == "btrfs" ? "0:" + std::to_string(40 + next_) : numbers_.at(device);
    const std::string from = source.empty() ? "/dev/" + device : source;
    write(folder_ / "mountinfo", std::to_string(20 + next_) + " 1 " + number + " / " + point + " " + options + ",relatime - " +
                                     file_system + " " + from + " " + super_options + "\n");
    ++next_;
}

}  // namespace custody::test
