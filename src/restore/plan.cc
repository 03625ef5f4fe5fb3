#include "restore/plan.h"

#include "base/text.h"

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
    TRY_ASSIGN(plan.prefix_, path_components(strip_prefix));
    if (!plan.prefix_.empty()) TRY(plan.check_prefix(root));
    plan.open_.push_back(
        {FolderCursor(trees, root), plan.chosen_->all ? nullptr : plan.chosen_.get(), plan.prefix_.size(), true, false});
    return plan;
}

// Each component is looked up by itself: the name as stored may be composed otherwise than the user typed it.
Status Plan::choose(const TreeId& root, const std::string& path) {
    TRY_ASSIGN(const auto components, path_components(path));
    Choice* choice = chosen_.get();
    std::optional<TreeId> folder = root;
    for (const std::string& component : components) {
        if (!folder) return Error{Code::not_found, say("the snapshot has no {}", printable(path))};
        auto found = trees_->find(*folder, component);
        if (!found.ok() && found.error().code == Code::not_found) {
            return Error{Code::not_found, say("the snapshot has no {}: `custody ls` shows what it has", printable(path))};
        }
        TRY(found);
        choice = &choice->below[found->name];
        folder = found->children;
    }
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
        auto found = trees_->find(*folder, component);
        if (!found.ok() && found.error().code == Code::not_found) return missing();
        TRY(found);
        component = found->name;
        if (found->type != EntryType::folder) return Error{Code::usage, say("the prefix {} is not a folder", printable(prefix))};
        if (choice != nullptr && choice->all) choice = nullptr;
        if (choice != nullptr) {
            for (const auto& [name, below] : choice->below) {
                if (name != component) return outside(first_chosen(above + "/" + name, below));
            }
            choice = &choice->below.at(component);
        } else {
            TRY(trees_->entries(*folder, [&](const Entry& entry) -> Status {
                return entry.name == component ? done() : Status(outside(above + "/" + entry.name));
            }));
        }
        above += "/" + component;
        folder = found->children;
    }
    return done();
}

std::string Plan::first_chosen(std::string path, const Choice& choice) {
    for (const Choice* at = &choice; !at->all && !at->below.empty(); at = &at->below.begin()->second) {
        path += "/" + at->below.begin()->first;
    }
    return path;
}

Result<bool> Plan::next(PlanStep& step) {
    while (!open_.empty()) {
        Open& open = open_.back();
        const Entry* entry = nullptr;
        if (!open.empty) {
            TRY_ASSIGN(entry, open.cursor.next());
        }
        if (entry == nullptr) {
            const bool hidden = open.hidden;
            open_.pop_back();
            if (hidden) continue;
            step = {PlanStep::What::leave_folder, nullptr};
            return true;
        }
        const Choice* choice = nullptr;
        if (open.choice != nullptr) {
            const auto found = open.choice->below.find(entry->name);
            if (found == open.choice->below.end()) continue;
            choice = found->second.all ? nullptr : &found->second;
        }
        if (entry->type != EntryType::folder) {
            step = {PlanStep::What::entry, entry};
            return true;
        }
        const bool parent_only = choice != nullptr;
        const std::size_t stripped = open.stripped;
        step = {PlanStep::What::enter_folder, entry};
        if (parent_only && !entry->attributes_only) {
            parent_ = *entry;
            parent_.attributes_only = true;
            step.entry = &parent_;
        }
        if (stripped == 1) prefix_folder_ = *step.entry;
        // The cursor's entry stays valid in its node, which the cursor below holds on to until it moves.
        Open below{FolderCursor(*trees_, entry->children.value_or(TreeId{})), choice, stripped > 0 ? stripped - 1 : 0,
                   stripped > 0, !entry->children};
        open_.push_back(std::move(below));
        if (stripped > 0) continue;
        return true;
    }
    return false;
}

void Plan::skip_folder() { open_.back().empty = true; }

}  // namespace custody
