// Moving the live blocks of half-dead packs into new packs, verbatim and without any secret (vault decision 13); with the
// label's secret, blocks of which too little is live are formed anew, each under the key that it was sealed to: other keyrings of
// the family, and older kits, open what they opened before. Where that key is not here the block is moved as it is.
//
// Ownership: refers to store and survey. Threads: one, and a pool's for new blocks. A source is read twice: whole against its
// name first, so that damage is never copied. Durable after a barrier. A full medium ends the work early and is no error.
#pragma once

#include "base/secret.h"
#include "base/worker_pool.h"
#include "vault/packs/pack_writer.h"
#include "vault/prune/label_survey.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody {

struct RepackResult {
    std::vector<ObjectId> emptied;  // sources all of whose live blocks now lie elsewhere
    std::vector<ObjectInfo> packs;  // new
    std::vector<ObjectInfo> index;  // new segments
    std::uint64_t bytes_copied = 0;
    std::vector<std::string> warnings;
};

class Repacker {
public:
    // `secrets` null: blocks are moved whole.
    Repacker(ObjectStore& store, const LabelSurvey& survey, const Secret& signing_seed, const LabelSecrets* secrets,
             WorkerPool& pool);
    ~Repacker();
    // `sources` of one kind or several; `check` may end the work with an error.
    [[nodiscard]] Result<RepackResult> run(const std::vector<ObjectId>& sources, const std::function<Status()>& check);

private:
    struct Assembly;
    Status run_kind(SegmentKind kind, const std::vector<ObjectId>& sources, const std::function<Status()>& check);
    Status move(const ObjectId& source, Assembly& assembly);
    Status move_block(const SegmentHeader& segment, ByteView bytes, Assembly& assembly);
    Result<bool> reform(const SegmentHeader& segment, const BlockHeader& block, ByteView bytes, Assembly& assembly);
    Status finish(Assembly& assembly);
    Status note_pack(FinishedPack&& pack);
    Status publish_index();

    ObjectStore& store_;
    const LabelSurvey& survey_;
    const Secret& signing_seed_;
    WorkerPool& pool_;
    std::unique_ptr<SegmentOpener> opener_;      // with the secrets, when there are any
    std::map<KeyTag, WriterKeys> sealing_keys_;  // the label's, of every epoch whose secret is here
    std::uint64_t locked_ = 0;                   // packs that could only be compacted under a key that is not here
    RepackResult result_;
    std::vector<IndexEntry> entries_;
    std::vector<PackRow> rows_;
    std::map<std::pair<ObjectId, std::uint32_t>, KeyTag> keys_;  // of the segments in new packs, by pack and offset
};

}  // namespace custody
