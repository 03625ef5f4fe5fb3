#include "restore/plan.h"

#include "base/text.h"
#include "vault/unreadable.h"

#include <utility>

namespace custody {

Result<std::vector<std::string>> path_components(const std::string& path) {
    std::vector<std::string> components;
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        if (name == "..")
            return Error{Code::usage, say("{} has '..' in it: name the path as `custody ls` shows it", printable(path))};
        if (!name.empty() && name != ".") components.push_back(name);
        begin = end + 1;
    }
    return components;
}

Result<Plan> Plan::make(TreeReader& trees, const TreeId& root, const std::vector<std::string>& paths,
                        const std::string& strip_prefix) {
    Plan plan(trees);
    plan.chosen_ = std::make_unique<Choice>();
    plan.chosen_->all = paths.empty();
    for (const std::string& path : paths) TRY(plan.choose(root, path));
    const bool none_left = !plan.chosen_->all && plan.chosen_->below.empty();
    if (none_left && !plan.lost_.empty()) return plan.lost_.front();
    TRY_ASSIGN(plan.prefix_, path_components(strip_prefix));
    if (!plan.prefix_.empty()) TRY(plan.check_prefix(root));
    plan.open_.push_back(
        {FolderCursor(trees, root), plan.chosen_->all ? nullptr : plan.chosen_.get(), plan.prefix_.size(), true, false, 0});
    return plan;
}

// Each component is looked up by itself: the name as stored may be composed otherwise than the user typed it.
Status Plan::choose(const TreeId& root, const std::string& path) {
    TRY_ASSIGN(const auto components, path_components(path));
    std::vector<std::string> names;
    std::optional<TreeId> folder = root;
    std::string above;
    for (const std::string& component : components) {
        if (!folder) return Error{Code::not_found, say("the snapshot has no {}", printable(path))};
        auto found = trees_->find_name(*folder, component);
        if (!found.ok() && is_unreadable(found.error())) {
            const Error why = lost_folder(above.empty() ? "/" : above, found.error());
            lost_.push_back({why.code, say("{} cannot be had: {}", printable(path), why.message)});
            return done();
        }
        TRY(found);
        if (!*found) {
            return Error{Code::not_found, say("the snapshot has no {}: `custody ls` shows what it has", printable(path))};
        }
        above += "/" + (*found)->name;
        names.push_back((*found)->name);
        folder = (*found)->children;
    }
    Choice* choice = chosen_.get();
    for (const std::string& name : names) choice = &choice->below[name];
    choice->all = true;
    return done();
}

// Whatever is chosen must lie below the prefix, or it would be lost or land somewhere else without a word. Paths are named whole.
Status Plan::check_prefix(const TreeId& root) {
    const Choice* choice = chosen_.get();
    std::optional<TreeId> folder = root;
    std::string prefix, above;
    for (const std::string& component : prefix_) prefix += "/" + component;
    for (std::string& component : prefix_) {
        const auto outside = [&](const std::string& path) {
            return Error{Code::usage, say("{} does not lie below the prefix {}: name the paths to restore", printable(path),
                                          printable(prefix))};
        };
        const auto missing = [&] { return Error{Code::not_found, say("the snapshot has no {}", printable(prefix))}; };
        if (!folder) return missing();
        const auto lost = [&](const Error& why) {
            return is_unreadable(why) ? lost_folder(above.empty() ? "/" : above, why) : why;
        };
        auto named = trees_->find_name(*folder, component);
        if (!named.ok()) return lost(named.error());
        const std::optional<Entry>& found = *named;
        if (!found) return missing();
        component = found->name;
        if (found->type != EntryType::folder) return Error{Code::usage, say("the prefix {} is not a folder", printable(prefix))};
        if (choice != nullptr && choice->all) choice = nullptr;
        if (choice != nullptr) {
            for (const auto& [name, below] : choice->below) {
                if (name != component) return outside(first_chosen(above + "/" + name, below));
            }
            choice = &choice->below.at(component);
        } else {
            const Status alone = trees_->entries(*folder, [&](const Entry& entry) -> Status {
                return entry.name == component ? done() : Status(outside(above + "/" + entry.name));
            });
            if (!alone.ok()) return lost(alone.error());
        }
        above += "/" + component;
        folder = found->children;
        prefix_folder_ = *found;
    }
    return done();
}

std::string Plan::first_chosen(std::string path, const Choice& choice) {
    for (const Choice* at = &choice; !at->all && !at->below.empty(); at = &at->below.begin()->second) {
        path += "/" + at->below.begin()->first;
    }
    return path;
}

Result<bool> Plan::lose(const Error& why, PlanStep& step) {
    if (!is_unreadable(why)) return why;
    const Error loss = lost_folder(path_.empty() ? "/" : path_, why);
    if (open_.size() == 1 && open_.back().cursor.is_lost()) return loss;
    step = {PlanStep::What::lost, nullptr, loss};
    return true;
}

Result<bool> Plan::next(PlanStep& step) {
    if (!lost_.empty()) {
        step = {PlanStep::What::lost, nullptr, std::move(lost_.back())};
        lost_.pop_back();
        return true;
    }
    while (!open_.empty()) {
        Open& open = open_.back();
        path_.resize(open.path_size);
        const Entry* entry = nullptr;
        if (!open.empty) {
            const auto next = open.cursor.next();
            if (!next.ok()) return lose(next.error(), step);
            entry = *next;
        }
        if (entry == nullptr) {
            const bool hidden = open.hidden;
            open_.pop_back();
            if (hidden) continue;
            step = {PlanStep::What::leave_folder, nullptr, {}};
            return true;
        }
        const Choice* choice = nullptr;
        if (open.choice != nullptr) {
            const auto found = open.choice->below.find(entry->name);
            if (found == open.choice->below.end()) continue;
            choice = found->second.all ? nullptr : &found->second;
        }
        if (entry->type != EntryType::folder) {
            step = {PlanStep::What::entry, entry, {}};
            return true;
        }
        const bool parent_only = choice != nullptr;
        const std::size_t stripped = open.stripped;
        step = {PlanStep::What::enter_folder, entry, {}};
        if (parent_only && !entry->attributes_only) {
            parent_ = *entry;
            parent_.attributes_only = true;
            step.entry = &parent_;
        }
        // The cursor's entry stays valid in its node, which the cursor below holds on to until it moves.
        Open below{FolderCursor(*trees_, entry->children.value_or(TreeId{})),
                   choice,
                   stripped > 0 ? stripped - 1 : 0,
                   stripped > 0,
                   !entry->children,
                   0};
        path_ += "/" + entry->name;
        below.path_size = path_.size();
        open_.push_back(std::move(below));
        if (stripped > 0) continue;
        return true;
    }
    return false;
}

void Plan::skip_folder() { open_.back().empty = true; }

}  // namespace custody
