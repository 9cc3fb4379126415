/* Tests what happens when the machine has no more memory, and when the module traps.
 *
 *   memory EXAMPLE.snapshot
 *
 * The library is compiled into this file, with an allocator that counts, and refuses when it is told to. */
#include <stdlib.h>

static long allowed = -1; /* allocations until one is refused; -1: all */
static long held;         /* allocations that live */
static int refuse_growth;

static int refused(void) { return allowed == 0 || (allowed > 0 && allowed-- == 0); }

static void *test_malloc(size_t size) {
  void *p = refused() ? NULL : malloc(size);
  held += p != NULL;
  return p;
}
static void *test_calloc(size_t n, size_t size) {
  void *p = refused() ? NULL : calloc(n, size);
  held += p != NULL;
  return p;
}
static void *test_realloc(void *old, size_t size) { return refuse_growth || refused() ? NULL : realloc(old, size); }
static void test_free(void *p) {
  held -= p != NULL;
  free(p);
}

#define malloc test_malloc
#define calloc test_calloc
#define realloc test_realloc
#define free test_free
#include "../src/gonfalon.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

#include <pthread.h>

#include "check.h"

static blob example;

static const uint8_t request[] = "\x96\xa4hero\xa6user:3\x90\x00\x00\x80";
enum { ANSWER = 0x14e22625, SIZE = sizeof request - 1 };

static gonfalon_snapshot *load_example(void) {
  gonfalon_snapshot *s;
  EQUAL(gonfalon_load(example.bytes, example.size, &s, NULL), 0);
  if (!s) exit(1);
  return s;
}

static void test_load_without_memory(void) {
  gonfalon_snapshot *s = NULL, *clone;
  int32_t code = -1;
  long n;
  for (n = 0; n < 100 && code != 0; n++) {
    allowed = n;
    code = gonfalon_load(example.bytes, example.size, &s, NULL);
    CHECK(code == 0 || code == GONFALON_NO_MEMORY || code == GONFALON_TRAPPED);
    CHECK((code == 0) == (s != NULL));
    if (code) EQUAL(held, 0);
  }
  CHECK(n > 2 && code == 0);
  for (n = 0; n < 2; n++) {
    allowed = n;
    EQUAL(gonfalon_clone(s, &clone), GONFALON_NO_MEMORY);
    CHECK(clone == NULL);
  }
  allowed = -1;
  EQUAL(held, 2);
  EQUAL(gonfalon_evaluate(s, request, SIZE), ANSWER);
  gonfalon_free(s);
  EQUAL(held, 0);
}

/* A call that needs more memory than there is traps; its snapshot is of no more use, and all others are. */
static void test_growth_refused(void) {
  gonfalon_snapshot *s = load_example(), *other = load_example(), *clone;
  gonfalon_decision d;
  static gonfalon_decision decisions[GONFALON_BATCH];
  gonfalon_info_t info;
  gonfalon_text text;
  size_t size = 16 << 20;
  uint8_t *large = calloc(1, size);
  refuse_growth = 1;
  EQUAL(gonfalon_evaluate(s, large, size), GONFALON_TRAPPED);
  EQUAL(gonfalon_evaluate(other, request, SIZE), ANSWER);
  refuse_growth = 0;
  EQUAL(gonfalon_evaluate(s, request, SIZE), GONFALON_TRAPPED);
  EQUAL(gonfalon_decide(s, request, SIZE, &d), GONFALON_TRAPPED);
  EQUAL(gonfalon_batch(s, request, SIZE, 0, decisions), GONFALON_TRAPPED);
  EQUAL(gonfalon_explain(s, request, SIZE, &text), GONFALON_TRAPPED);
  EQUAL(gonfalon_needs(s, request, SIZE, &text), GONFALON_TRAPPED);
  EQUAL(gonfalon_splice(s, request, SIZE, &text, NULL), GONFALON_TRAPPED);
  EQUAL(gonfalon_info(s, &info), GONFALON_TRAPPED);
  EQUAL(gonfalon_flag_key(s, 0, &text, NULL), GONFALON_TRAPPED);
  EQUAL(gonfalon_find(s, "hero", 4), GONFALON_TRAPPED);
  EQUAL(gonfalon_clone(s, &clone), GONFALON_TRAPPED);
  EQUAL(gonfalon_evaluate(other, request, SIZE), ANSWER);
  gonfalon_free(s);
  gonfalon_free(other);
  EQUAL(held, 0);
  refuse_growth = 1;
  EQUAL(gonfalon_load(large, size, &s, NULL), GONFALON_TRAPPED);
  refuse_growth = 0;
  EQUAL(held, 0);
  free(large);
}

/* Traps that no bytes can provoke: here the module is broken on purpose. */
static void test_broken_module(void) {
  gonfalon_snapshot *s = load_example();
  gonfalon_decision d;
  s->module.w2c_memory.size = 65536; /* the memory ends before what it uses */
  s->request = 0;
  EQUAL(gonfalon_decide(s, request, SIZE, &d), GONFALON_TRAPPED);
  gonfalon_free(s);

  s = load_example();
  s->result = 0xfffffff0; /* it answers with a place outside its memory */
  EQUAL(gonfalon_decide(s, request, SIZE, &d), GONFALON_TRAPPED);
  EQUAL(gonfalon_evaluate(s, request, SIZE), GONFALON_TRAPPED);
  gonfalon_free(s);

  s = load_example();
  s->request = 0xfffffff0;
  EQUAL(gonfalon_evaluate(s, request, SIZE), GONFALON_TRAPPED);
  gonfalon_free(s);
  EQUAL(held, 0);
}

/* Traps again and again on a thread, while others trap and decide. Each trap has to end in its own thread's call. */
static void *trap_often(void *wrong) {
  gonfalon_snapshot *s = *(gonfalon_snapshot **)wrong;
  long missed = 0;
  int i;
  for (i = 0; i < 300000; i++) {
    s->trapped = 0;
    missed += gonfalon_evaluate(s, request, SIZE) != (s->module.w2c_memory.size > 65536 ? ANSWER : GONFALON_TRAPPED);
  }
  return (void *)missed;
}

static void test_traps_on_threads(void) {
  enum { THREADS = 4 };
  gonfalon_snapshot *snapshots[THREADS];
  pthread_t threads[THREADS];
  void *missed;
  int i;
  for (i = 0; i < THREADS; i++) {
    snapshots[i] = load_example();
    if (i % 2) continue;
    snapshots[i]->module.w2c_memory.size = 65536;
    snapshots[i]->request = 0;
  }
  for (i = 0; i < THREADS; i++) EQUAL(pthread_create(&threads[i], NULL, trap_often, &snapshots[i]), 0);
  for (i = 0; i < THREADS; i++) {
    EQUAL(pthread_join(threads[i], &missed), 0);
    EQUAL((long)missed, 0);
    gonfalon_free(snapshots[i]);
  }
  EQUAL(held, 0);
}

int main(int n, char **arguments) {
  if (n != 2) return 2;
  example = read_file("", arguments[1]);
  test_load_without_memory();
  test_growth_refused();
  test_broken_module();
  test_traps_on_threads();
  free(example.bytes);
  return checked();
}
