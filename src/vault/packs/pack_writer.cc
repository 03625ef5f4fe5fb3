// Three stages: add() gives a block its segment and number and hands it to the pool; the pool compresses and seals; the I/O
// thread takes sealed blocks in order, appends and hashes. A full pack is synced and named by a task of its own while the next
// one grows, so that an fsync stops neither disk nor processors.
//
// Cutting packs: a segment is one pack's. A block's segment is chosen at submission, when the size of what is in flight is not
// known. The weight in flight (raw size and summary) is bounded by kMaxWeight, so a segment left when its written bytes pass
// kPackTarget ends as a pack of at most kPackTarget + kMaxWeight, or one huge tree's summary more; below kMaxPack always.
#include "vault/packs/pack_writer.h"

#include "base/text.h"
#include "vault/packs/pack_file.h"
#include "vault/packs/spare_buffers.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace custody {

namespace {

constexpr std::uint64_t kMaxWeight = 16 * 1024 * 1024;
static_assert(kPackTarget + kMaxWeight + kMaxBlockSummary + kMaxBlockData < kMaxPack);

using SharedSeal = std::shared_ptr<const SegmentSeal>;

struct SealedJob {
    Result<SealedBlock> sealed;
    std::vector<BlockEntry> entries;
};

// What the I/O thread takes: a block on its way through the pool, or (no seal) the order to close the pack.
struct Item {
    SharedSeal seal;
    std::uint64_t weight = 0;
    std::future<SealedJob> job;
};

struct Naming {
    FinishedPack pack;
    std::future<Status> named;
};

std::uint64_t weight_of(const RawBlock& block) {
    std::uint64_t ids = block.entries.size();
    for (const auto& entry : block.entries) ids += entry.refs.trees.size() + entry.refs.chunks.size();
    return block.raw.size() + ids * ChunkId::size;
}

constexpr std::size_t kMostSealedKept = 4;
constexpr std::size_t kMostRawKept = 4;
constexpr std::size_t kLargestKept = 2 * 1024 * 1024;

SealedJob run_job(const SegmentSeal& seal, RawBlock& block, std::uint32_t number, SpareBuffers& spares) {
    BlockTools& tools = thread_tools();
    tools.sealed = spares.take();
    auto sealed = seal.seal_block(block, number, tools);
    return SealedJob{std::move(sealed), std::move(block.entries)};
}

}  // namespace

struct PackWriter::State {
    State(ObjectStore& store_, const WriterKeys& keys_, WorkerPool& pool_, SegmentKind kind_, OnPack on_pack_)
        : store(store_), keys(keys_), pool(pool_), kind(kind_), on_pack(std::move(on_pack_)), max_blocks(2 * pool_.size() + 4) {}

    ObjectStore& store;
    const WriterKeys& keys;
    WorkerPool& pool;
    const SegmentKind kind;
    const OnPack on_pack;
    const std::size_t max_blocks;

    // The caller's thread only.
    SharedSeal seal;
    std::uint32_t next_number = 0;

    std::mutex mutex;  // guards what follows
    std::condition_variable wake_io, wake_caller;
    std::deque<Item> queue;
    std::size_t blocks_in_flight = 0;
    std::uint64_t weight_in_flight = 0;
    SegmentId current;                  // the segment that `seal` is
    std::uint64_t segment_written = 0;  // of it
    std::size_t closes_in_flight = 0;
    std::deque<FinishedPack> finished;
    std::optional<Error> failure;
    bool ending = false;

    std::atomic<std::uint64_t> written{0};
    SpareBuffers spares{kMostSealedKept, kLargestKept}, raw_spares{kMostRawKept, kLargestKept};

    // The I/O thread only.
    std::unique_ptr<PackFile> file;
    SharedSeal file_seal;
    FinishedPack pack;
    std::optional<Naming> naming;

    std::thread io;  // last: it uses all of the above

    // The caller's side.
    Status check_failure();
    Status report_finished();
    Status choose_segment();
    void wait_for_room(std::uint64_t weight);
    void submit(RawBlock&& block);

    // The I/O thread's side.
    void run();
    void fail(Error error);
    Status write_block(Item& item);
    Status close_pack();
    Status settle_naming();
};

Status PackWriter::State::check_failure() {
    const std::lock_guard lock(mutex);
    if (failure) return *failure;
    return done();
}

void PackWriter::State::fail(Error error) {
    const std::lock_guard lock(mutex);
    if (!failure) failure = std::move(error);
    wake_caller.notify_all();
}

Status PackWriter::State::report_finished() {
    for (;;) {
        FinishedPack next;
        {
            const std::lock_guard lock(mutex);
            if (failure) return *failure;
            if (finished.empty()) return done();
            next = std::move(finished.front());
            finished.pop_front();
        }
        const Status reported = on_pack(std::move(next));
        if (!reported.ok()) fail(reported.error());
    }
}

Status PackWriter::State::choose_segment() {
    if (seal != nullptr) {
        const std::lock_guard lock(mutex);
        if (segment_written < kPackTarget) return done();
    }
    TRY_ASSIGN(auto fresh, SegmentSeal::create(keys, kind));
    seal = std::make_shared<const SegmentSeal>(std::move(fresh));
    next_number = 0;
    const std::lock_guard lock(mutex);
    current = seal->header().segment;
    segment_written = 0;
    return done();
}

void PackWriter::State::wait_for_room(std::uint64_t weight) {
    std::unique_lock lock(mutex);
    wake_caller.wait(lock, [&] {
        if (failure || blocks_in_flight == 0) return true;
        return blocks_in_flight < max_blocks && weight_in_flight + weight <= kMaxWeight;
    });
}

void PackWriter::State::submit(RawBlock&& block) {
    Item item{seal, weight_of(block), {}};
    item.job = pool.submit([this, segment = seal, number = next_number, raw = std::move(block)]() mutable {
        SealedJob job = run_job(*segment, raw, number, spares);
        raw_spares.give(std::move(raw.raw));
        raw = RawBlock{};  // the task outlives the run of it; the content must not
        return job;
    });
    ++next_number;
    const std::lock_guard lock(mutex);
    ++blocks_in_flight;
    weight_in_flight += item.weight;
    queue.push_back(std::move(item));
    wake_io.notify_one();
}

void PackWriter::State::run() {
    for (;;) {
        Item item;
        bool failed = false;
        {
            std::unique_lock lock(mutex);
            wake_io.wait(lock, [&] { return ending || !queue.empty(); });
            if (queue.empty()) break;
            item = std::move(queue.front());
            queue.pop_front();
            failed = failure.has_value() || ending;
        }
        const bool is_close = item.seal == nullptr;
        if (failed) {
            if (!is_close) item.job.wait();  // it uses the pool and the keys
        } else {
            Status status = is_close ? close_pack() : write_block(item);
            if (status.ok() && is_close) status = settle_naming();
            if (!status.ok()) fail(status.error());
        }
        const std::lock_guard lock(mutex);
        if (is_close) {
            --closes_in_flight;
        } else {
            --blocks_in_flight;
            weight_in_flight -= item.weight;
        }
        wake_caller.notify_all();
    }
    if (naming) naming->named.wait();
}

Status PackWriter::State::write_block(Item& item) {
    SealedJob job = item.job.get();
    if (!job.sealed.ok()) return job.sealed.error();
    SealedBlock& block = job.sealed.value();
    if (file != nullptr && file_seal != item.seal) TRY(close_pack());
    if (file == nullptr) {
        TRY_ASSIGN(file, PackFile::begin(store));
        file_seal = item.seal;
        written += file->size();
    }
    const std::uint64_t before = file->size();
    TRY_ASSIGN(const PackFile::Placed placed, file->add(item.seal->header(), block.bytes));
    written += file->size() - before;
    if (pack.rows.empty()) pack.rows.push_back({{}, 0, placed.segment_offset, kind});
    std::uint32_t offset = 0;
    for (const auto& entry : job.entries) {
        IndexEntry& added = pack.entries.emplace_back();
        added.id = entry.id.bytes;
        added.location = {
            {},  placed.segment_offset, placed.block_offset, static_cast<std::uint32_t>(block.bytes.size()), offset, entry.length,
            kind};
        offset += entry.length;
    }
    spares.give(std::move(block.bytes));
    const std::lock_guard lock(mutex);
    if (item.seal->header().segment == current) segment_written = file->size();
    return done();
}

// Hands the full pack to a task that syncs and names it; at most one such task at a time, so packs are named in order.
Status PackWriter::State::close_pack() {
    if (file == nullptr) return done();
    TRY(settle_naming());
    Naming next;
    next.pack = std::exchange(pack, {});
    next.pack.id = file->seal();
    next.pack.size = file->size();
    for (auto& row : next.pack.rows) {
        row.pack = next.pack.id;
        row.pack_size = next.pack.size;
    }
    for (auto& entry : next.pack.entries) entry.location.pack = next.pack.id;
    file_seal.reset();
    std::shared_ptr<PackFile> full = std::move(file);
    try {
        next.named = std::async(std::launch::async, [full] { return full->finish(); });
    } catch (const std::system_error&) {  // no thread to be had: do it here
        std::promise<Status> here;
        here.set_value(full->finish());
        next.named = here.get_future();
    }
    naming = std::move(next);
    return done();
}

Status PackWriter::State::settle_naming() {
    if (!naming) return done();
    Naming last = std::move(*naming);
    naming.reset();
    TRY(last.named.get());
    const std::lock_guard lock(mutex);
    finished.push_back(std::move(last.pack));
    return done();
}

PackWriter::PackWriter(ObjectStore& store, const WriterKeys& keys, WorkerPool& pool, SegmentKind kind, OnPack on_pack)
    : state_(std::make_unique<State>(store, keys, pool, kind, std::move(on_pack))) {
    state_->io = std::thread([state = state_.get()] { state->run(); });
}

PackWriter::~PackWriter() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->ending = true;
        state_->wake_io.notify_one();
    }
    state_->io.join();
}

Status PackWriter::add(RawBlock&& block) {
    TRY(state_->report_finished());
    if (block.kind != state_->kind) return Error{Code::failed, say("a block of another kind was given to a pack")};
    state_->wait_for_room(weight_of(block));
    TRY(state_->check_failure());
    const Status chosen = state_->choose_segment();
    if (!chosen.ok()) {
        state_->fail(chosen.error());
        return chosen;
    }
    state_->submit(std::move(block));
    return done();
}

Status PackWriter::flush() {
    {
        std::unique_lock lock(state_->mutex);
        if (!state_->failure) {
            ++state_->closes_in_flight;
            state_->queue.emplace_back();
            state_->wake_io.notify_one();
        }
        state_->wake_caller.wait(lock, [&] { return state_->closes_in_flight == 0; });
    }
    state_->seal.reset();
    return state_->report_finished();
}

Bytes PackWriter::spare_raw() { return state_->raw_spares.take(); }
void PackWriter::give_raw(Bytes&& buffer) { state_->raw_spares.give(std::move(buffer)); }

std::uint64_t PackWriter::stored_bytes() const { return state_->written.load(std::memory_order_relaxed); }

}  // namespace custody
