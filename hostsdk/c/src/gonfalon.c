/* The library: the engine's exports (wasm/ABI.md) as functions over one instance of the translated module.
 *
 * Everything is one translation unit. wasm2c/engine.c is the module, and wasm2c/wasm-rt-impl.c is wabt's runtime for it, both as
 * wasm2c wrote and ships them (../translate.sh). What they need is defined here, so that no build has to know it.
 */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* the runtime names MAP_ANONYMOUS, also under -std=c11 */
#endif

/* The assertions say that init_module was called. It isn't: it fills in the types for indirect calls, which the module has none of
 * (translate.sh checks that), so that nothing has to be initialised. */
#if !defined(NDEBUG)
#define NDEBUG
#endif

#include "../gonfalon.h"

#include <assert.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <windows.h>
#else
#include <alloca.h>
#include <sys/mman.h>
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the module's memory is read as it lies there, which takes a little-endian machine"
#endif

#if defined(__cplusplus)
#error "compile this as C"
#elif defined(_MSC_VER)
#define PER_THREAD __declspec(thread)
#else
#define PER_THREAD _Thread_local
#endif

/* Where the call that runs on this thread continues if the module traps. */
static PER_THREAD jmp_buf *on_trap;

static void trapped(int code) { longjmp(*on_trap, code); }

/* The runtime asks calloc for an instance's first memory, and writes to it without a look. */
static void *calloc_or_trap(size_t n, size_t size) {
  void *memory = calloc(n, size);
  if (!memory) trapped(GONFALON_NO_MEMORY);
  return memory;
}

/* No signal handlers: bounds are checked in the code. No call depth, which wabt counts in one variable for all threads: the engine
 * bounds its own depth, at a chain of 255 prerequisites. Why: RATIONALE.md "Why does the C library check bounds in the code?" */
#define WASM_RT_MEMCHECK_SIGNAL_HANDLER 0
#define WASM_RT_USE_STACK_DEPTH_COUNT 0
#define WASM_RT_TRAP_HANDLER trapped

/* Every header that they include is above, since a hidden declaration of one of the C library's functions can't be linked. */
#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-value"
#pragma GCC diagnostic ignored "-Wunused-label"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
#include "wasm2c/engine.c"
#pragma push_macro("calloc")
#undef calloc
#define calloc calloc_or_trap
#include "wasm2c/wasm-rt-impl.c"
#pragma pop_macro("calloc")
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#pragma GCC visibility pop
#endif

typedef Z_gonfalon_instance_t instance;

enum { LONGER_THAN_ALLOWED = 1 }; /* a load code */
enum { WORD = 4, RECORD = 8 * WORD, INFO = 9 * WORD, REQUEST_ROOM = 64 << 10 };

struct gonfalon_snapshot {
  instance module;
  uint32_t result;  /* address of the result */
  uint32_t request; /* address of the request buffer */
  uint32_t room;    /* its size */
  int trapped;
};

enum export { INSTANTIATE, SNAPSHOT, LOAD, REQUEST, RESULT, DESCRIBE, FLAG_KEY, EVALUATE, BATCH, EXPLAIN, NEEDS, SPLICE };

static uint32_t run(instance *module, enum export export, uint32_t a, uint32_t b) {
  switch (export) {
    case INSTANTIATE: Z_gonfalon_instantiate(module); return 0;
    case SNAPSHOT: return Z_gonfalonZ_snapshot(module, a);
    case LOAD: return Z_gonfalonZ_load(module, a);
    case REQUEST: return Z_gonfalonZ_request(module, a);
    case RESULT: return Z_gonfalonZ_result(module);
    case DESCRIBE: return Z_gonfalonZ_info(module);
    case FLAG_KEY: return Z_gonfalonZ_flag_key(module, a);
    case EVALUATE: return Z_gonfalonZ_evaluate(module, a);
    case BATCH: return Z_gonfalonZ_evaluate_batch(module, a, b);
    case EXPLAIN: return Z_gonfalonZ_explain(module, a);
    case NEEDS: return Z_gonfalonZ_needs(module, a);
    case SPLICE: return Z_gonfalonZ_splice(module, a);
  }
  return 0;
}

/* Calls an export. Every way into the module is here, so that a trap ends here. */
static int32_t call(gonfalon_snapshot *s, enum export export, uint32_t a, uint32_t b, uint32_t *returned) {
  jmp_buf here, *outer = on_trap; /* outer: a signal handler may have interrupted a call on another snapshot */
  int code;
  if (s->trapped) return GONFALON_TRAPPED;
  on_trap = &here;
  code = setjmp(here);
  if (code == 0) *returned = run(&s->module, export, a, b);
  on_trap = outer;
  if (code == 0) return 0;
  s->trapped = 1;
  return code == GONFALON_NO_MEMORY ? code : GONFALON_TRAPPED;
}

/* Returns size bytes of the module's memory at an address that the module named. If they don't lie in it, which a module that is
 * whole doesn't do, it returns NULL, and the module counts as trapped. */
static uint8_t *bytes_at(gonfalon_snapshot *s, uint32_t address, uint32_t size) {
  if ((uint64_t)address + size <= s->module.w2c_memory.size) return s->module.w2c_memory.data + address;
  s->trapped = 1;
  return NULL;
}

/* Reads words of the module's memory. */
static int32_t words_at(gonfalon_snapshot *s, uint32_t address, uint32_t *words, uint32_t size) {
  const uint8_t *bytes = bytes_at(s, address, size);
  if (!bytes) return GONFALON_TRAPPED;
  memcpy(words, bytes, size);
  return 0;
}

/* Reads a text, if there is one. */
static int32_t text_at(gonfalon_snapshot *s, uint32_t address, uint32_t size, int there_is, gonfalon_text *text) {
  text->data = NULL;
  text->size = 0;
  if (!there_is) return 0;
  text->data = bytes_at(s, address, size);
  if (!text->data) return GONFALON_TRAPPED;
  text->size = size;
  return 0;
}

/* Writes a request, or a delta, where the module reads it. */
static int32_t put(gonfalon_snapshot *s, const void *bytes, size_t size) {
  uint8_t *buffer;
  if (s->trapped) return GONFALON_TRAPPED;
  if (size > GONFALON_MAX_BYTES) return GONFALON_MALFORMED;
  if (size > s->room) {
    uint32_t address;
    int32_t error = call(s, REQUEST, (uint32_t)size, 0, &address);
    if (error) return error;
    if (!address) return GONFALON_MALFORMED;
    s->request = address;
    s->room = (uint32_t)size;
  }
  if (size == 0) return 0;
  buffer = bytes_at(s, s->request, (uint32_t)size);
  if (!buffer) return GONFALON_TRAPPED;
  memcpy(buffer, bytes, size);
  return 0;
}

/* Writes a request and calls an export on it. Returns what the export answers: a number, or an error below 0. */
static int32_t ask(gonfalon_snapshot *s, enum export export, const void *request, size_t size, uint32_t first) {
  uint32_t answer;
  int32_t error = put(s, request, size);
  if (!error) error = call(s, export, (uint32_t)size, first, &answer);
  return error ? error : (int32_t)answer;
}

/* Asks a question whose answer is msgpack: its length is returned, and its address is in word 0 of the result. */
static int32_t ask_text(gonfalon_snapshot *s, enum export export, const void *request, size_t size, gonfalon_text *text) {
  uint32_t address;
  int32_t length = ask(s, export, request, size, 0), error;
  text->data = NULL;
  text->size = 0;
  if (length < 0) return length;
  error = words_at(s, s->result, &address, WORD);
  return error ? error : text_at(s, address, (uint32_t)length, 1, text);
}

static int32_t read_decision(gonfalon_snapshot *s, uint32_t address, gonfalon_decision *decision) {
  uint32_t record[RECORD / WORD];
  int32_t error = words_at(s, address, record, RECORD);
  if (error) return error;
  decision->packed = (int32_t)record[0];
  decision->variant = record[1];
  error = text_at(s, record[2], record[3], record[1] != 0, &decision->name);
  if (!error) error = text_at(s, record[4], record[5], record[5] != 0, &decision->payload);
  if (!error) error = text_at(s, record[6], record[7], GONFALON_HAS_TARGET(record[0]), &decision->target);
  return error;
}

/* Puts a snapshot's bytes into a new instance. Returns 0, a load code, or an error. */
static int32_t load(gonfalon_snapshot *s, const void *bytes, size_t size, uint32_t *offset) {
  uint32_t address, code;
  uint8_t *buffer;
  int32_t error = call(s, INSTANTIATE, 0, 0, &code);
  if (!error) error = call(s, RESULT, 0, 0, &s->result);
  if (!error) error = call(s, SNAPSHOT, (uint32_t)size, 0, &address);
  if (error) return error;
  buffer = address ? bytes_at(s, address, (uint32_t)size) : NULL;
  if (!buffer) return GONFALON_TRAPPED;
  if (size) memcpy(buffer, bytes, size);
  error = call(s, LOAD, (uint32_t)size, 0, &code);
  if (error) return error;
  if (code) {
    error = words_at(s, s->result, offset, WORD);
    return error ? error : (int32_t)code;
  }
  error = call(s, REQUEST, REQUEST_ROOM, 0, &s->request);
  if (!error) s->room = REQUEST_ROOM;
  return error;
}

int32_t gonfalon_load(const void *bytes, size_t size, gonfalon_snapshot **snapshot, uint32_t *offset) {
  gonfalon_snapshot *s;
  uint32_t at = GONFALON_MAX_BYTES;
  int32_t code = LONGER_THAN_ALLOWED;
  *snapshot = NULL;
  if (size <= GONFALON_MAX_BYTES) {
    s = calloc(1, sizeof *s);
    if (!s) return GONFALON_NO_MEMORY;
    at = 0;
    code = load(s, bytes, size, &at);
    if (code == 0) *snapshot = s;
    else gonfalon_free(s);
  }
  if (offset) *offset = code > 0 ? at : 0;
  return code;
}

int32_t gonfalon_clone(const gonfalon_snapshot *snapshot, gonfalon_snapshot **clone) {
  const wasm_rt_memory_t *memory = &snapshot->module.w2c_memory;
  gonfalon_snapshot *s;
  *clone = NULL;
  if (snapshot->trapped) return GONFALON_TRAPPED;
  s = malloc(sizeof *s);
  if (!s) return GONFALON_NO_MEMORY;
  *s = *snapshot;
  s->module.w2c_memory.data = malloc(memory->size);
  if (!s->module.w2c_memory.data) {
    free(s);
    return GONFALON_NO_MEMORY;
  }
  memcpy(s->module.w2c_memory.data, memory->data, memory->size);
  *clone = s;
  return 0;
}

void gonfalon_free(gonfalon_snapshot *snapshot) {
  if (!snapshot) return;
  Z_gonfalon_free(&snapshot->module);
  free(snapshot);
}

size_t gonfalon_memory(const gonfalon_snapshot *snapshot) { return sizeof *snapshot + snapshot->module.w2c_memory.size; }

int32_t gonfalon_info(gonfalon_snapshot *snapshot, gonfalon_info_t *info) {
  uint32_t words[INFO / WORD], code;
  const uint8_t *id, *lineage;
  int32_t error = call(snapshot, DESCRIBE, 0, 0, &code);
  if (!error) error = words_at(snapshot, snapshot->result, words, INFO);
  if (!error) error = text_at(snapshot, words[0], words[1], 1, &info->environment);
  if (error) return error;
  id = bytes_at(snapshot, words[2], sizeof info->id);
  lineage = bytes_at(snapshot, words[3], sizeof info->lineage);
  if (!id || !lineage) return GONFALON_TRAPPED;
  memcpy(info->id, id, sizeof info->id);
  memcpy(info->lineage, lineage, sizeof info->lineage);
  info->revision = (uint64_t)words[5] << 32 | words[4];
  info->flags = words[6];
  info->segments = words[7];
  info->unreadable = words[8];
  return 0;
}

int32_t gonfalon_flag_key(gonfalon_snapshot *snapshot, uint32_t number, gonfalon_text *key, int32_t *unreadable) {
  uint32_t code, words[3];
  int32_t error = call(snapshot, FLAG_KEY, number, 0, &code);
  key->data = NULL;
  key->size = 0;
  if (!error) error = (int32_t)code;
  if (!error) error = words_at(snapshot, snapshot->result, words, sizeof words);
  if (error) return error;
  if (unreadable) *unreadable = (int32_t)words[2];
  return text_at(snapshot, words[0], words[1], 1, key);
}

int32_t gonfalon_find(gonfalon_snapshot *snapshot, const char *key, size_t size) {
  gonfalon_info_t info;
  uint32_t low = 0, high;
  int32_t error = gonfalon_info(snapshot, &info);
  if (error) return error;
  high = info.flags;
  while (low < high) { /* keys ascend by their bytes */
    uint32_t middle = low + (high - low) / 2;
    gonfalon_text at;
    int order;
    error = gonfalon_flag_key(snapshot, middle, &at, NULL);
    if (error) return error;
    order = size ? memcmp(at.data, key, at.size < size ? at.size : size) : 0;
    if (order == 0 && at.size == size) return (int32_t)middle;
    if (order < 0 || (order == 0 && at.size < size)) low = middle + 1;
    else high = middle;
  }
  return -1;
}

int32_t gonfalon_needs(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_text *needs) {
  return ask_text(snapshot, NEEDS, request, size, needs);
}

int32_t gonfalon_evaluate(gonfalon_snapshot *snapshot, const void *request, size_t size) {
  return ask(snapshot, EVALUATE, request, size, 0);
}

int32_t gonfalon_decide(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_decision *decision) {
  int32_t packed = ask(snapshot, EVALUATE, request, size, 0), error;
  if (packed < 0) return packed;
  error = read_decision(snapshot, snapshot->result, decision);
  return error ? error : packed;
}

int32_t gonfalon_batch(gonfalon_snapshot *snapshot, const void *request, size_t size, uint32_t first,
                       gonfalon_decision decisions[GONFALON_BATCH]) {
  uint32_t address;
  int32_t i, error, count = ask(snapshot, BATCH, request, size, first);
  if (count <= 0) return count;
  error = words_at(snapshot, snapshot->result, &address, WORD);
  for (i = 0; i < count && i < GONFALON_BATCH && !error; i++) error = read_decision(snapshot, address + (uint32_t)i * RECORD, &decisions[i]);
  return error ? error : count;
}

int32_t gonfalon_explain(gonfalon_snapshot *snapshot, const void *request, size_t size, gonfalon_text *explanation) {
  return ask_text(snapshot, EXPLAIN, request, size, explanation);
}

int32_t gonfalon_splice(gonfalon_snapshot *snapshot, const void *delta, size_t size, gonfalon_text *spliced, uint32_t *offset) {
  uint32_t words[2];
  int32_t code, error;
  spliced->data = NULL;
  spliced->size = 0;
  if (offset) *offset = 0;
  if (size > GONFALON_MAX_BYTES) {
    if (offset) *offset = GONFALON_MAX_BYTES;
    return LONGER_THAN_ALLOWED;
  }
  code = ask(snapshot, SPLICE, delta, size, 0);
  if (code < 0) return code;
  error = words_at(snapshot, snapshot->result, words, sizeof words);
  if (error) return error;
  if (code) {
    if (offset) *offset = words[0];
    return code;
  }
  return text_at(snapshot, words[0], words[1], 1, spliced);
}
