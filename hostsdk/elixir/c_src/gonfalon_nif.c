/* The engine for the BEAM: a thin layer over the C library (gonfalon.h).
 *
 * A resource is a loaded snapshot as a pool of instances, because one call at a time may run on an instance. Each thread of the BEAM
 * begins its search with an instance of its own, so schedulers wait for each other only if the pool is smaller than their number.
 * The collector frees a pool when the last process has let go of it, so a decision that began on an old snapshot ends on it.
 *
 * A decision runs on its scheduler: it takes a microsecond. What may take longer than a millisecond (loading, splicing,
 * explaining, a request with long texts) runs on a dirty one.
 */
#include <erl_nif.h>
#include <stdatomic.h>
#include <string.h>

#include "gonfalon.h"

#define MOST 64    /* instances of a pool */
#define LONG 2048  /* bytes of a request from which on its texts may take long to compare */

typedef struct {
  ErlNifMutex *lock;
  gonfalon_snapshot *snapshot; /* NULL after a trap, until mend */
} instance;

typedef struct {
  ErlNifEnv *env;
  ERL_NIF_TERM bytes; /* of the snapshot, in env */
  ERL_NIF_TERM info;  /* what the snapshot says about itself, in env: whoever asks needs no instance */
  unsigned size;
  instance instances[MOST];
} pool;

static ErlNifResourceType *POOL;
static ERL_NIF_TERM OK, ERROR, NIL;
static atomic_uint threads;
static _Thread_local unsigned place; /* 1 + the thread's number */

static void destroy(ErlNifEnv *env, void *object) {
  pool *p = object;
  (void)env;
  for (unsigned i = 0; i < p->size; i++) {
    gonfalon_free(p->instances[i].snapshot);
    if (p->instances[i].lock) enif_mutex_destroy(p->instances[i].lock);
  }
  if (p->env) enif_free_env(p->env);
}

/* Locks and returns an instance of the pool. */
static instance *enter(pool *p) {
  if (place == 0) place = 1 + atomic_fetch_add(&threads, 1);
  unsigned first = place % p->size;
  for (unsigned i = 0; i < p->size; i++) {
    instance *at = &p->instances[(first + i) % p->size];
    if (enif_mutex_trylock(at->lock) == 0) {
      if (at->snapshot) return at;
      enif_mutex_unlock(at->lock);
    }
  }
  enif_mutex_lock(p->instances[first].lock);
  return &p->instances[first];
}

/* Unlocks an instance. One that has trapped is thrown away. */
static void leave(instance *at, int32_t code) {
  if (code == GONFALON_TRAPPED && at->snapshot) {
    gonfalon_free(at->snapshot);
    at->snapshot = NULL;
  }
  enif_mutex_unlock(at->lock);
}

static ERL_NIF_TERM bytes(ErlNifEnv *env, const void *data, size_t size) {
  ERL_NIF_TERM term;
  unsigned char *to = enif_make_new_binary(env, size, &term);
  if (size) memcpy(to, data, size);
  return term;
}

static ERL_NIF_TERM text(ErlNifEnv *env, gonfalon_text t) { return t.data ? bytes(env, t.data, t.size) : NIL; }

static ERL_NIF_TERM decision(ErlNifEnv *env, const gonfalon_decision *d) {
  ERL_NIF_TERM name = d->variant ? text(env, d->name) : NIL;
  if (d->variant && !d->name.data) name = bytes(env, "", 0);
  ERL_NIF_TERM payload = d->payload.size ? text(env, d->payload) : NIL;
  ERL_NIF_TERM target = NIL;
  if (GONFALON_HAS_TARGET(d->packed)) target = d->target.data ? text(env, d->target) : bytes(env, "", 0);
  return enif_make_tuple4(env, enif_make_int(env, d->packed), name, payload, target);
}

static ERL_NIF_TERM failure(ErlNifEnv *env, int32_t code, uint32_t offset) {
  return enif_make_tuple3(env, ERROR, enif_make_int(env, code), enif_make_uint(env, offset));
}

/* load(bytes, most, memory): a pool of at most that many instances that take at most that much memory, but of one. */
static ERL_NIF_TERM load(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifBinary given;
  unsigned most;
  ErlNifUInt64 memory;
  (void)argc;
  if (!enif_inspect_binary(env, argv[0], &given) || !enif_get_uint(env, argv[1], &most) || !enif_get_uint64(env, argv[2], &memory))
    return enif_make_badarg(env);
  gonfalon_snapshot *first = NULL;
  uint32_t offset = 0;
  int32_t code = gonfalon_load(given.data, given.size, &first, &offset);
  gonfalon_info_t is;
  if (!code) code = gonfalon_info(first, &is);
  if (code) {
    gonfalon_free(first);
    return failure(env, code, offset);
  }
  ERL_NIF_TERM described = enif_make_tuple7(env, text(env, is.environment), bytes(env, is.id, sizeof is.id),
                                            bytes(env, is.lineage, sizeof is.lineage), enif_make_uint64(env, is.revision),
                                            enif_make_uint(env, is.flags), enif_make_uint(env, is.segments),
                                            enif_make_uint(env, is.unreadable));
  size_t each = gonfalon_memory(first);
  if (each && most > memory / each) most = (unsigned)(memory / each);
  if (most > MOST) most = MOST;
  pool *p = enif_alloc_resource(POOL, sizeof *p);
  if (!p) {
    gonfalon_free(first);
    return failure(env, GONFALON_NO_MEMORY, 0);
  }
  memset(p, 0, sizeof *p);
  p->env = enif_alloc_env();
  p->bytes = enif_make_copy(p->env, argv[0]);
  p->info = enif_make_copy(p->env, described);
  do {
    instance *at = &p->instances[p->size];
    at->lock = enif_mutex_create("gonfalon");
    if (!at->lock) break;
    at->snapshot = p->size ? NULL : first;
    if (p->size && gonfalon_clone(first, &at->snapshot)) {
      enif_mutex_destroy(at->lock);
      break; /* there is less memory than thought: fewer do, too */
    }
    p->size++;
  } while (p->size < most);
  if (p->size == 0) gonfalon_free(first);
  ERL_NIF_TERM answer = p->size ? enif_make_tuple2(env, OK, enif_make_resource(env, p)) : failure(env, GONFALON_NO_MEMORY, 0);
  enif_release_resource(p);
  return answer;
}

/* mend(pool): replaces the instances that have trapped. Answers how many there are that work. */
static ERL_NIF_TERM mend(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  ErlNifBinary given;
  unsigned sound = 0;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p) || !enif_inspect_binary(p->env, p->bytes, &given)) return enif_make_badarg(env);
  for (unsigned i = 0; i < p->size; i++) {
    instance *at = &p->instances[i];
    enif_mutex_lock(at->lock);
    int32_t code = at->snapshot ? 0 : gonfalon_load(given.data, given.size, &at->snapshot, NULL);
    enif_mutex_unlock(at->lock);
    sound += code == 0;
  }
  return enif_make_uint(env, sound);
}

/* data(pool): the snapshot's bytes, which aren't copied. */
static ERL_NIF_TERM data(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p)) return enif_make_badarg(env);
  return enif_make_copy(env, p->bytes);
}

static ERL_NIF_TERM size(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p)) return enif_make_badarg(env);
  instance *at = enter(p);
  size_t each = at->snapshot ? gonfalon_memory(at->snapshot) : 0;
  leave(at, 0);
  return enif_make_tuple2(env, enif_make_uint(env, p->size), enif_make_uint64(env, each));
}

static ERL_NIF_TERM info(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p)) return enif_make_badarg(env);
  return enif_make_copy(env, p->info);
}

static ERL_NIF_TERM flag_keys(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  gonfalon_info_t is;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p)) return enif_make_badarg(env);
  instance *at = enter(p);
  int32_t code = at->snapshot ? gonfalon_info(at->snapshot, &is) : GONFALON_TRAPPED;
  ERL_NIF_TERM list = enif_make_list(env, 0);
  for (uint32_t number = code ? 0 : is.flags; number-- > 0 && !code;) {
    gonfalon_text key;
    code = gonfalon_flag_key(at->snapshot, number, &key, NULL);
    if (!code) list = enif_make_list_cell(env, bytes(env, key.data, key.size), list);
  }
  leave(at, code);
  return code ? enif_make_int(env, code) : list;
}

/* The pool and the request of a question. */
static int question(ErlNifEnv *env, const ERL_NIF_TERM argv[], pool **p, ErlNifBinary *request) {
  return enif_get_resource(env, argv[0], POOL, (void **)p) && enif_inspect_binary(env, argv[1], request);
}

static ERL_NIF_TERM evaluate_now(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  ErlNifBinary request;
  (void)argc;
  if (!question(env, argv, &p, &request)) return enif_make_badarg(env);
  instance *at = enter(p);
  int32_t packed = at->snapshot ? gonfalon_evaluate(at->snapshot, request.data, request.size) : GONFALON_TRAPPED;
  leave(at, packed);
  return enif_make_int(env, packed);
}

static ERL_NIF_TERM decide_now(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  ErlNifBinary request;
  gonfalon_decision d;
  (void)argc;
  if (!question(env, argv, &p, &request)) return enif_make_badarg(env);
  instance *at = enter(p);
  int32_t packed = at->snapshot ? gonfalon_decide(at->snapshot, request.data, request.size, &d) : GONFALON_TRAPPED;
  ERL_NIF_TERM answer = packed < 0 ? enif_make_int(env, packed) : decision(env, &d);
  leave(at, packed);
  return answer;
}

static ERL_NIF_TERM evaluate(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifBinary request;
  if (enif_inspect_binary(env, argv[1], &request) && request.size > LONG)
    return enif_schedule_nif(env, "evaluate", ERL_NIF_DIRTY_JOB_CPU_BOUND, evaluate_now, argc, argv);
  return evaluate_now(env, argc, argv);
}

static ERL_NIF_TERM decide(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifBinary request;
  if (enif_inspect_binary(env, argv[1], &request) && request.size > LONG)
    return enif_schedule_nif(env, "decide", ERL_NIF_DIRTY_JOB_CPU_BOUND, decide_now, argc, argv);
  return decide_now(env, argc, argv);
}

static ERL_NIF_TERM batch(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  ErlNifBinary request;
  unsigned first;
  (void)argc;
  if (!question(env, argv, &p, &request) || !enif_get_uint(env, argv[2], &first)) return enif_make_badarg(env);
  gonfalon_decision *decisions = enif_alloc(GONFALON_BATCH * sizeof *decisions);
  if (!decisions) return enif_make_int(env, GONFALON_NO_MEMORY);
  instance *at = enter(p);
  int32_t n = at->snapshot ? gonfalon_batch(at->snapshot, request.data, request.size, first, decisions) : GONFALON_TRAPPED;
  ERL_NIF_TERM answer = n < 0 ? enif_make_int(env, n) : enif_make_list(env, 0);
  for (int32_t i = n; i-- > 0;) answer = enif_make_list_cell(env, decision(env, &decisions[i]), answer);
  leave(at, n);
  enif_free(decisions);
  return answer;
}

/* A question whose answer is msgpack. */
static ERL_NIF_TERM written(ErlNifEnv *env, const ERL_NIF_TERM argv[],
                            int32_t (*ask)(gonfalon_snapshot *, const void *, size_t, gonfalon_text *)) {
  pool *p;
  ErlNifBinary request;
  gonfalon_text answer = {NULL, 0};
  if (!question(env, argv, &p, &request)) return enif_make_badarg(env);
  instance *at = enter(p);
  int32_t code = at->snapshot ? ask(at->snapshot, request.data, request.size, &answer) : GONFALON_TRAPPED;
  ERL_NIF_TERM term = code < 0 ? enif_make_int(env, code) : bytes(env, answer.data, answer.size);
  leave(at, code);
  return term;
}

static ERL_NIF_TERM needs(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  (void)argc;
  return written(env, argv, gonfalon_needs);
}

static ERL_NIF_TERM explain(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  (void)argc;
  return written(env, argv, gonfalon_explain);
}

/* splice(pool, delta) works on an instance of its own, so that no decision waits for it. */
static ERL_NIF_TERM splice(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  ErlNifBinary delta;
  gonfalon_snapshot *copy = NULL;
  gonfalon_text spliced = {NULL, 0};
  uint32_t offset = 0;
  (void)argc;
  if (!question(env, argv, &p, &delta)) return enif_make_badarg(env);
  instance *at = enter(p);
  int32_t code = at->snapshot ? gonfalon_clone(at->snapshot, &copy) : GONFALON_TRAPPED;
  leave(at, code);
  if (!code) code = gonfalon_splice(copy, delta.data, delta.size, &spliced, &offset);
  ERL_NIF_TERM answer = code ? failure(env, code, offset) : enif_make_tuple2(env, OK, bytes(env, spliced.data, spliced.size));
  gonfalon_free(copy);
  return answer;
}

#ifdef GONFALON_TESTING
/* spoil(pool): every instance is as after a trap. */
static ERL_NIF_TERM spoil(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
  pool *p;
  (void)argc;
  if (!enif_get_resource(env, argv[0], POOL, (void **)&p)) return enif_make_badarg(env);
  for (unsigned i = 0; i < p->size; i++) {
    enif_mutex_lock(p->instances[i].lock);
    leave(&p->instances[i], GONFALON_TRAPPED);
  }
  return OK;
}
#endif

static int open_module(ErlNifEnv *env, void **data, ERL_NIF_TERM given) {
  (void)data, (void)given;
  OK = enif_make_atom(env, "ok");
  ERROR = enif_make_atom(env, "error");
  NIL = enif_make_atom(env, "nil");
  POOL = enif_open_resource_type(env, NULL, "gonfalon", destroy, ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, NULL);
  return POOL ? 0 : -1;
}

static int upgrade(ErlNifEnv *env, void **data, void **old, ERL_NIF_TERM given) {
  (void)old;
  return open_module(env, data, given);
}

static ErlNifFunc functions[] = {
    {"load", 3, load, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"mend", 1, mend, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"data", 1, data, 0},
    {"size", 1, size, 0},
    {"info", 1, info, 0},
    {"flag_keys", 1, flag_keys, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"needs", 2, needs, 0},
    {"evaluate", 2, evaluate, 0},
    {"decide", 2, decide, 0},
    {"batch", 3, batch, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"explain", 2, explain, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"splice", 2, splice, ERL_NIF_DIRTY_JOB_CPU_BOUND},
#ifdef GONFALON_TESTING
    {"spoil", 1, spoil, ERL_NIF_DIRTY_JOB_CPU_BOUND},
#endif
};

ERL_NIF_INIT(Elixir.Gonfalon.Native, functions, open_module, NULL, upgrade, NULL)
