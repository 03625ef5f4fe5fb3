// A TCP server on 127.0.0.1 that says what a script says and then falls silent, or closes: for clients that must not wait for
// ever.
//
// It sends the first line at once, then one more for each line that it gets. A step of "" is silence: nothing is said any more,
// the connection stays. "close" closes it. One connection at a time; all follow the same script. Ownership: its thread ends with
// it. Threads: safe.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace custody::test {

class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] int connections() const { return connections_; }

private:
    void serve();
    void talk(int connection);
    [[nodiscard]] bool readable(int fd) const;  // false: it ends
    std::vector<std::string> script_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> ends_{false};
    std::atomic<int> connections_{0};
    std::thread thread_;
};

}  // namespace custody::test
