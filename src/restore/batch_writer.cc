#include "restore/batch_writer.h"

#include "base/open_file_limit.h"
#include "base/text.h"
#include "restore/chunk_fetch.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace custody {
namespace {

constexpr std::size_t kLightFilesPerJob = 64;
constexpr int kRounds = 3;  // as indexed; elsewhere; give up
constexpr auto kLookEvery = std::chrono::milliseconds(100);

}  // namespace

Bytes BufferStock::take() {
    const std::lock_guard lock(mutex_);
    if (stock_.empty()) return {};
    Bytes buffer = std::move(stock_.back());
    stock_.pop_back();
    return buffer;
}

void BufferStock::give_back(Bytes&& buffer) {
    const std::lock_guard lock(mutex_);
    stock_.push_back(std::move(buffer));
}

void OpenLongFiles::opened(const std::shared_ptr<LongFile>& file) {
    std::shared_ptr<LongFile> oldest;
    {
        const std::lock_guard lock(mutex_);
        files_.push_back(file);
        files_.remove_if([](const auto& one) { return one.expired(); });
        if (files_.size() <= share_of_open_files(kOpenLongFiles)) return;
        oldest = files_.front().lock();
        files_.pop_front();
    }
    if (oldest == nullptr || oldest == file) return;
    const std::lock_guard lock(oldest->mutex);
    oldest->file.descriptor = nullptr;  // closed when the last job that uses it is done
}

void BatchWriter::start(std::shared_ptr<Batch> batch) {
    running_ = std::move(batch);
    Batch& work = *running_;
    for (std::size_t begin = 0; begin < work.files.size(); begin += kLightFilesPerJob) {
        const std::size_t end = std::min(work.files.size(), begin + kLightFilesPerJob);
        const bool has_light = std::any_of(work.files.begin() + static_cast<std::ptrdiff_t>(begin),
                                           work.files.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](const BatchFile& file) { return file.needs == 0 && file.long_file == nullptr; });
        if (has_light) jobs_.push_back(pool_.submit([this, &work, begin, end] { write_light(work, begin, end); }));
    }
    submit_blocks(work);
}

void BatchWriter::submit_blocks(Batch& batch) {
    batch.sort_needs();
    for (std::size_t begin = 0; begin < batch.needs.size();) {
        const std::size_t end = batch.end_of_block(begin);
        jobs_.push_back(pool_.submit([this, &batch, begin, end] { write_block(batch, begin, end); }));
        begin = end;
    }
}

void BatchWriter::wait(const std::function<void()>& tick) {
    for (std::future<void>& job : jobs_) {
        while (job.wait_for(kLookEvery) != std::future_status::ready) tick();
    }
    jobs_.clear();
}

std::shared_ptr<Batch> BatchWriter::finish(const std::function<void()>& tick) {
    wait(tick);
    if (running_ == nullptr) return nullptr;
    for (int round = 0; round < kRounds; ++round) {
        const std::vector<Unmet> unmet = take_unmet();
        if (unmet.empty() || ending()) break;
        if (round + 1 < kRounds) {
            reroute(*running_, unmet);
            wait(tick);
            continue;
        }
        for (const Unmet& one : unmet) give_up(*running_, one.need, one.error);
    }
    tick();
    return std::move(running_);
}

// What needs no block: empty files, files of holes, links, special things.
void BatchWriter::write_light(Batch& batch, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end && !ending(); ++i) {
        BatchFile& file = batch.files[i];
        if (file.needs != 0 || file.long_file != nullptr) continue;
        const bool regular = file.entry.type == EntryType::file;
        const auto made = regular ? writer_.write_file(file.placement(), {}) : writer_.make_special(file.placement());
        if (!made.ok()) {
            report_.failed_file(made.error());
            continue;
        }
        file.placed = true;
        file.identity = *made;
        report_.done_file(file.entry.content.size);
    }
}

void BatchWriter::write_block(Batch& batch, std::size_t begin, std::size_t end) {
    if (ending()) return;
    Bytes raw = buffers_.take();
    std::vector<Unmet> unmet;
    std::vector<std::size_t> met;
    const Location at = batch.location_of(batch.needs[begin]);
    std::vector<WantedChunk> wanted;  // sorted: one chunk wanted by many files is hashed once
    wanted.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) wanted.push_back({batch.needs[i].id, batch.needs[i].offset, batch.needs[i].length});
    const BlockProof proof = prove_block(access_, at, wanted, raw);
    for (std::size_t i = begin; i < end; ++i) {
        if (proof.holds(i - begin)) {
            met.push_back(i);
        } else {
            unmet.push_back({i, proof.why_not(), false});
        }
    }
    if (!unmet.empty()) {
        const std::lock_guard lock(unmet_mutex_);
        std::move(unmet.begin(), unmet.end(), std::back_inserter(unmet_));
    }
    write_needs(batch, met, raw);
    buffers_.give_back(std::move(raw));
}

std::vector<FilePart> BatchWriter::parts_of(const Batch& batch, const Need& need, ByteView raw) const {
    std::vector<FilePart> parts;
    std::size_t at = need.offset;
    for (std::uint32_t i = 0; i < need.ranges; ++i) {
        const Hole& range = batch.ranges[need.first_range + i];
        parts.push_back({range.offset, raw.subspan(at, range.length)});
        at += range.length;
    }
    return parts;
}

// File by file, so that a small one is opened once.
void BatchWriter::write_needs(Batch& batch, std::vector<std::size_t>& met, ByteView raw) {
    std::stable_sort(met.begin(), met.end(),
                     [&](std::size_t a, std::size_t b) { return batch.needs[a].file < batch.needs[b].file; });
    for (std::size_t begin = 0; begin < met.size() && !ending();) {
        const std::uint32_t number = batch.needs[met[begin]].file;
        std::vector<FilePart> parts;
        std::size_t end = begin;
        for (; end < met.size() && batch.needs[met[end]].file == number; ++end) {
            for (const FilePart& part : parts_of(batch, batch.needs[met[end]], raw)) parts.push_back(part);
        }
        BatchFile& file = batch.files[number];
        const auto count = static_cast<std::uint32_t>(end - begin);
        if (file.long_file == nullptr && count < file.needs) {
            // Another chunk of this block is bad: put together later, from what can be found elsewhere.
            const std::lock_guard lock(unmet_mutex_);
            for (; begin < end; ++begin) unmet_.push_back({met[begin], {}, true});
        } else if (file.long_file == nullptr) {
            write_whole(file, parts);
        } else {
            write_long(file.long_file, parts, count);
        }
        begin = end;
    }
}

void BatchWriter::write_whole(BatchFile& file, const std::vector<FilePart>& parts) {
    const auto written = writer_.write_file(file.placement(), parts);
    if (!written.ok()) return report_.failed_file(written.error());
    file.placed = true;
    file.identity = *written;
    report_.wrote(file.entry.content.size);
    report_.done_file(file.entry.content.size);
}

Result<std::shared_ptr<const Fd>> BatchWriter::descriptor_of(const std::shared_ptr<LongFile>& file, bool& fresh) {
    const std::lock_guard lock(file->mutex);
    if (!file->failure.empty()) return Error{Code::io, file->failure};
    if (file->file.descriptor != nullptr) return file->file.descriptor;
    fresh = true;
    if (file->begun) {
        TRY(writer_.reopen(file->file, writer_.path_of(file->placement())));
    } else {
        auto begun = writer_.begin_file(file->placement(), true);
        if (!begun.ok()) return begun.error();
        file->file = std::move(*begun);
        file->begun = true;
    }
    return file->file.descriptor;
}

void BatchWriter::write_long(const std::shared_ptr<LongFile>& file, const std::vector<FilePart>& parts, std::uint32_t needs) {
    bool fresh = false;
    const auto write = [&]() -> Status {
        TRY_ASSIGN(const auto descriptor, descriptor_of(file, fresh));
        for (const FilePart& part : parts) {
            TRY(writer_.write_part(descriptor->get(), part, file->placement()));
            report_.wrote(part.bytes.size());
        }
        return done();
    };
    const Status written = write();
    if (!written.ok()) {
        const Code why = written.error().code;
        if (why == Code::no_space || why == Code::read_only || why == Code::failed) report_.fail(written.error());
        const std::lock_guard lock(file->mutex);
        if (file->failure.empty()) file->failure = written.error().message;
    }
    if (fresh) open_files_.opened(file);
    settle(file, needs);
}

void BatchWriter::settle(const std::shared_ptr<LongFile>& file, std::uint32_t needs) {
    if (file->outstanding.fetch_sub(needs, std::memory_order_acq_rel) == needs) place(*file);
}

void BatchWriter::let_go(const std::shared_ptr<LongFile>& file) { settle(file, 1); }

// The last chunk is there, or given up.
void BatchWriter::place(LongFile& file) {
    const std::lock_guard lock(file.mutex);
    const Placement placement = file.placement();
    const auto finish = [&]() -> Result<Identity> {
        if (!file.failure.empty()) return Error{file.damaged ? Code::corrupt : Code::io, file.failure};
        if (file.file.descriptor == nullptr) TRY(writer_.reopen(file.file, writer_.path_of(placement)));
        return writer_.finish_file(file.file, placement);
    };
    const auto finished = finish();
    if (finished.ok()) {
        file.placed = true;
        file.identity = *finished;
        report_.done_file(file.entry.content.size);
    } else {
        report_.failed_file(finished.error());
    }
    file.file.discard();  // what was not named is removed
}

std::vector<BatchWriter::Unmet> BatchWriter::take_unmet() {
    const std::lock_guard lock(unmet_mutex_);
    return std::move(unmet_);
}

void BatchWriter::give_up(Batch& batch, std::size_t need, const Error& error) {
    BatchFile& file = batch.files[batch.needs[need].file];
    // Neither is a word about this chunk: the next one fares no better.
    if (error.code == Code::wrong_key || error.code == Code::failed) report_.fail(error);
    const std::shared_ptr<LongFile>& long_file = batch.make_long(batch.needs[need].file, false);
    long_file->lose(writer_.path_of(file.placement()), error);
    settle(long_file, 1);
}

// The pool is idle. What lies in another pack too is asked for there, in a batch of what is left; the rest is given up.
void BatchWriter::reroute(Batch& batch, const std::vector<Unmet>& unmet) {
    const Status reloaded = access_.trees().reload_index();
    std::vector<Need> rerouted;
    std::set<std::size_t> taken;
    for (const Unmet& one : unmet) {
        if (!taken.insert(one.need).second) continue;
        (void)batch.make_long(batch.needs[one.need].file, false);
        Need need = batch.needs[one.need];
        if (one.is_good) {
            rerouted.push_back(need);
            continue;
        }
        const auto elsewhere = access_.trees().locate_elsewhere(need.id.view(), batch.packs[need.pack]);
        if (!reloaded.ok() || !elsewhere.ok() || !*elsewhere) {
            give_up(batch, one.need, one.error);
            continue;
        }
        batch.relocate(need, **elsewhere);
        rerouted.push_back(need);
    }
    batch.needs = std::move(rerouted);
    submit_blocks(batch);
}

}  // namespace custody
