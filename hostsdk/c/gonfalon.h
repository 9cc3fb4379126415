/* gonfalon.h: the engine of Gonfalon for C, and for every language that can call C.
 *
 * A snapshot holds the flags of one environment. gonfalon_load reads its bytes; after that it decides, without a network, a file
 * or a clock. Requests and explanations are msgpack, as wasm/ABI.md lays them out; this header adds nothing to them.
 * gonfalon.hpp wraps it for C++ and writes requests.
 *
 * Threads: make one call at a time on a snapshot. Different snapshots may be used at the same time, also when one is a clone of
 * the other. The library keeps nothing between calls but its snapshots: it has no initialisation, no signal handlers and no
 * global state, and it calls nothing but the C library.
 *
 * Memory: what a gonfalon_text points at belongs to the snapshot and is valid until the next call on it. Copy what you keep.
 *
 * Nothing here fails because of its input: bytes that are no snapshot, delta or request are answered with a code.
 */
#ifndef GONFALON_H
#define GONFALON_H

#define GONFALON_VERSION "0.2.0"

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(GONFALON_SHARED)
#define GONFALON_API __declspec(dllexport)
#elif defined(__GNUC__)
#define GONFALON_API __attribute__((visibility("default")))
#else
#define GONFALON_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One loaded snapshot. */
typedef struct gonfalon_snapshot gonfalon_snapshot;

/* Bytes inside a snapshot: text in UTF-8, msgpack, or another snapshot. They don't end with a NUL. data is NULL if there are none. */
typedef struct {
  const uint8_t *data;
  uint32_t size;
} gonfalon_text;

/* A decision. */
typedef struct {
  int32_t packed;        /* see "The packed decision" below */
  uint32_t variant;      /* 1 + the variant's index in the snapshot, the same for the snapshot's life; 0: no variant is served */
  gonfalon_text name;    /* of the variant */
  gonfalon_text payload; /* of the variant, in canonical JSON */
  gonfalon_text target;  /* of the gate that decided: group, segment, parent or actor */
} gonfalon_decision;

/* What a snapshot says about itself. */
typedef struct {
  gonfalon_text environment; /* the environment's key */
  uint64_t revision;
  uint32_t flags;      /* how many there are */
  uint32_t segments;   /* how many there are */
  uint32_t unreadable; /* flags and segments that a newer build wrote; such a flag is off */
  uint8_t id[32];      /* the content id */
  uint8_t lineage[16]; /* zeroes if the snapshot was made offline */
} gonfalon_info_t;

/* Errors are below 0. Load codes are above, by the table at the end of wasm/ABI.md. */
enum {
  GONFALON_OK = 0,
  GONFALON_MALFORMED = -1,   /* the request isn't as wasm/ABI.md says, or is longer than 32 MiB */
  GONFALON_TOO_LARGE = -2,   /* the answer would be longer than 32 MiB */
  GONFALON_OUT_OF_RANGE = -4, /* there is no such index */
  GONFALON_TRAPPED = -100,   /* the engine stopped in the middle of the call. The snapshot answers this from now on: free it */
  GONFALON_NO_MEMORY = -101  /* there was no memory for a new snapshot; nothing has changed */
};

/* The greatest size of a snapshot, delta or request, and how many decisions a batch writes at most. */
enum { GONFALON_MAX_BYTES = 32 << 20, GONFALON_BATCH = 1024 };

/* Loads a snapshot from its bytes, which are copied.
 * Returns 0 and sets *snapshot; or returns a load code, with the fault's place in *offset; or GONFALON_TRAPPED or GONFALON_NO_MEMORY.
 * *snapshot is NULL after anything but 0. offset may be NULL. */
GONFALON_API int32_t gonfalon_load(const void *bytes, size_t size, gonfalon_snapshot **snapshot, uint32_t *offset);

/* Makes another instance of a loaded snapshot, for another thread: a copy of its memory, without checking it again.
 * Several threads may clone the same snapshot at the same time if none of them makes another call on it.
 * Returns 0, GONFALON_TRAPPED or GONFALON_NO_MEMORY; *clone is NULL after anything but 0. */
GONFALON_API int32_t gonfalon_clone(const gonfalon_snapshot *snapshot, gonfalon_snapshot **clone);

/* Frees a snapshot. NULL is left alone. Clones live on. */
GONFALON_API void gonfalon_free(gonfalon_snapshot *snapshot);

/* Returns how many bytes a snapshot takes in memory. */
GONFALON_API size_t gonfalon_memory(const gonfalon_snapshot *snapshot);

/* Describes a snapshot. Returns 0 or GONFALON_TRAPPED. */
GONFALON_API int32_t gonfalon_info(gonfalon_snapshot *snapshot, gonfalon_info_t *info);

/* Reads the key of a flag by its number; flags ascend by key, from 0. *unreadable becomes 1 if a newer build wrote the flag's record
 * in a way that this engine can't read, or else 0; unreadable may be NULL. Returns 0, GONFALON_OUT_OF_RANGE or GONFALON_TRAPPED. */
GONFALON_API int32_t gonfalon_flag_key(gonfalon_snapshot *snapshot, uint32_t number, gonfalon_text *key, int32_t *unreadable);

/* Returns the number of the flag with this key, -1 if there is none, or GONFALON_TRAPPED. */
GONFALON_API int32_t gonfalon_find(gonfalon_snapshot *snapshot, const char *key, size_t size);

/* Lists what deciding the request's flag can ask for, as msgpack (wasm/ABI.md, "Needs"). Returns 0 or an error. */
GONFALON_API int32_t gonfalon_needs(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_text *needs);

/* Decides the request's flag: the quickest question. Returns the packed decision, or an error. */
GONFALON_API int32_t gonfalon_evaluate(gonfalon_snapshot *snapshot, const void *request, size_t size);

/* Decides the request's flag, and reads variant, payload and target too. Returns the packed decision, or an error. */
GONFALON_API int32_t gonfalon_decide(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_decision *decision);

/* Decides the request's flags, beginning with the one at index first, and writes at most GONFALON_BATCH of them.
 * Returns how many it wrote, or an error. The batch has ended when it returns fewer than GONFALON_BATCH. */
GONFALON_API int32_t gonfalon_batch(gonfalon_snapshot *snapshot, const void *request, size_t size, uint32_t first,
                                    gonfalon_decision decisions[GONFALON_BATCH]);

/* Decides the request's flag, and explains every gate that was looked at, as msgpack (wasm/ABI.md, "Explanation").
 * Returns 0 or an error. */
GONFALON_API int32_t gonfalon_explain(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_text *explanation);

/* Applies a delta to a snapshot, which stays as it is. Returns 0 and sets *spliced to the bytes of the new snapshot, to be loaded;
 * or returns a load code, with the fault's place in *offset; or GONFALON_TRAPPED. offset may be NULL. */
GONFALON_API int32_t gonfalon_splice(gonfalon_snapshot *snapshot, const void *delta, size_t size, gonfalon_text *spliced,
                                     uint32_t *offset);

/* The packed decision: what it says, in bits. */

enum gonfalon_reason {
  GONFALON_UNKNOWN_FLAG,
  GONFALON_DEFAULT,
  GONFALON_STATIC,
  GONFALON_TARGETING_MATCH,
  GONFALON_SPLIT,
  GONFALON_KILLED,
  GONFALON_PREREQUISITE,
  GONFALON_NOT_READY /* never by this library: hosts use it while they have no snapshot */
};

enum gonfalon_gate {
  GONFALON_GATE_NONE,
  GONFALON_GATE_BOOLEAN,
  GONFALON_GATE_ACTOR,
  GONFALON_GATE_GROUP,
  GONFALON_GATE_RULE,
  GONFALON_GATE_SEGMENT,
  GONFALON_GATE_SCHEDULE,
  GONFALON_GATE_PERCENTAGE_OF_ACTORS,
  GONFALON_GATE_PERCENTAGE_OF_TIME,
  GONFALON_GATE_PREREQUISITE,
  GONFALON_GATE_KILL
};

#define GONFALON_IS_ENABLED(packed) ((packed) & 1)
#define GONFALON_REASON(packed) ((packed) >> 1 & 15)
#define GONFALON_GATE(packed) ((packed) >> 5 & 15)
#define GONFALON_SCORE16(packed) (((packed) >> 9 & 0x1ffff) - 1) /* -1 if no score was needed; / 65536 is the place in [0, 1) */
#define GONFALON_SERVES_VARIANT(packed) ((packed) >> 26 & 1)
#define GONFALON_HAS_TARGET(packed) ((packed) >> 27 & 1)
#define GONFALON_HAS_VARIANTS(packed) ((packed) >> 28 & 1)
#define GONFALON_IS_FIXED(packed) ((packed) >> 29 & 1) /* the same for every request, as long as the snapshot serves */
#define GONFALON_IS_EXHAUSTED(packed) ((packed) >> 30 & 1) /* off, because its comparisons took too many steps */

#ifdef __cplusplus
}
#endif

#endif
