// Breadth-first search of an explicit-state model: every state that steps lead to is asked for its fault, once.
//
// A State is a plain value without padding, for it is hashed as bytes; State{} is where it begins. Memory: every state seen.
// Threads: none. Errors: the first fault ends the search.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <unordered_set>

namespace custody::test {

struct Search {
    std::string fault;  // the first that was found; empty: none in any state
    std::size_t states = 0;
};

template <typename State>
struct StateHash {
    std::size_t operator()(const State& state) const {
        std::array<std::uint64_t, (sizeof(State) + 7) / 8> words{};
        std::memcpy(words.data(), &state, sizeof state);
        std::uint64_t hash = 0;
        for (const std::uint64_t word : words) {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
            hash ^= hash >> 29;
        }
        return hash;
    }
};

// `make_model` takes a function that is to be called with each next state, and returns what has step(state).
template <typename State, typename MakeModel, typename FaultIn>
Search search_states(const MakeModel& make_model, const FaultIn& fault_in) {
    Search result;
    std::unordered_set<State, StateHash<State>> seen;
    std::deque<State> pending;
    auto model = make_model([&](const State& state) {
        if (!result.fault.empty() || !seen.insert(state).second) return;
        result.fault = fault_in(state);
        pending.push_back(state);
    });
    seen.insert(State{});
    pending.push_back(State{});
    while (!pending.empty() && result.fault.empty()) {
        const State state = pending.front();
        pending.pop_front();
        model.step(state);
    }
    result.states = seen.size();
    return result;
}

}  // namespace custody::test
