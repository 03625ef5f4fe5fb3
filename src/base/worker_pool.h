// A fixed set of threads for CPU-bound jobs, and an ordered pipeline over it.
//
// Ownership: the pool joins its threads when dropped, after finishing every queued job. Jobs do not throw and do not wait
// for other jobs. Threads: submit() from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace custody {

class WorkerPool {
public:
    explicit WorkerPool(unsigned threads);  // 0: one per processor this process may use
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    [[nodiscard]] unsigned size() const { return static_cast<unsigned>(threads_.size()); }

    template <class Job>
    [[nodiscard]] auto submit(Job job) -> std::future<std::invoke_result_t<Job>> {
        auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Job>()>>(std::move(job));
        auto future = task->get_future();
        enqueue([task] { (*task)(); });
        return future;
    }

private:
    void enqueue(std::function<void()> job);
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

// Results in the order of submission, with at most `depth` outstanding. One thread uses it.
//   OrderedPipeline<Block> pipe(pool, 8);  if (pipe.full()) consume(pipe.next());  pipe.push(job);  while (!pipe.empty()) ...
template <class Output>
class OrderedPipeline {
public:
    OrderedPipeline(WorkerPool& pool, std::size_t depth) : pool_(pool), depth_(depth) {}
    // Waits for what is outstanding: jobs may refer to the owner's data.
    ~OrderedPipeline() {
        for (auto& future : outstanding_) future.wait();
    }
    OrderedPipeline(const OrderedPipeline&) = delete;
    OrderedPipeline& operator=(const OrderedPipeline&) = delete;

    [[nodiscard]] bool full() const { return outstanding_.size() >= depth_; }
    [[nodiscard]] bool empty() const { return outstanding_.empty(); }
    // True when next() would not wait.
    [[nodiscard]] bool ready() const {
        return !empty() && outstanding_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }
    template <class Job>
    void push(Job job) {
        outstanding_.push_back(pool_.submit(std::move(job)));
    }
    // Precondition: !empty(). Waits for the oldest.
    [[nodiscard]] Output next() {
        auto future = std::move(outstanding_.front());
        outstanding_.pop_front();
        return future.get();
    }

private:
    WorkerPool& pool_;
    std::size_t depth_;
    std::deque<std::future<Output>> outstanding_;
};

}  // namespace custody
