/* Tests the library on four threads at once.
 *
 *   threads CHAIN.snapshot MANY.snapshot */
#include <pthread.h>

#include "../examples/request.h"
#include "../gonfalon.h"
#include "check.h"

enum { THREADS = 4, ROUNDS = 300 };

static const char *chain_path, *many_path;
static const gonfalon_snapshot *mother; /* decides nothing itself: each thread clones it */
static int32_t *answers;                /* of one thread, by the number of the flag */
static uint32_t flags;

static int32_t ask(gonfalon_snapshot *s, request *r, uint32_t number) {
  r->size = 0;
  put_array(r, 2);
  put_unsigned(r, number);
  put_text(r, "user:3");
  return gonfalon_evaluate(s, r->bytes, r->size);
}

/* Clones while others do, and asks about all flags. */
static void *decide_by_clones(void *wrong) {
  request r = {0};
  uint32_t i, round;
  for (round = 0; round < 3; round++) {
    gonfalon_snapshot *s;
    if (gonfalon_clone(mother, &s) != 0) {
      ++*(long *)wrong;
      continue;
    }
    for (i = 0; i < flags; i++) *(long *)wrong += ask(s, &r, i) != answers[i];
    gonfalon_free(s);
  }
  request_free(&r);
  return NULL;
}

/* Decides a chain of 255 prerequisites: were the depth counted for all threads together, it would end here. */
static void *decide_chain(void *wrong) {
  blob b = read_file("", chain_path);
  gonfalon_snapshot *s;
  request r = {0};
  int i;
  if (gonfalon_load(b.bytes, b.size, &s, NULL) != 0) {
    ++*(long *)wrong;
    return NULL;
  }
  for (i = 0; i < ROUNDS; i++) *(long *)wrong += !(ask(s, &r, 0) > 0 && GONFALON_IS_ENABLED(ask(s, &r, 0)));
  gonfalon_free(s);
  request_free(&r);
  free(b.bytes);
  return NULL;
}

/* Loads what is no snapshot while others decide. */
static void *be_refused(void *wrong) {
  int i;
  for (i = 0; i < ROUNDS; i++) {
    uint8_t bytes[64] = {0x97, 0xa8, 'g', 'o', 'n', 'f', 'a', 'l', 'o', 'n', 1};
    gonfalon_snapshot *s;
    *(long *)wrong += gonfalon_load(bytes, (size_t)i % sizeof bytes, &s, NULL) <= 0;
  }
  return NULL;
}

static void together(void *(*work[THREADS])(void *)) {
  pthread_t threads[THREADS];
  long wrong[THREADS] = {0};
  int i;
  for (i = 0; i < THREADS; i++) EQUAL(pthread_create(&threads[i], NULL, work[i], &wrong[i]), 0);
  for (i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    EQUAL(wrong[i], 0);
  }
}

int main(int n, char **arguments) {
  gonfalon_snapshot *s, *first;
  gonfalon_info_t info;
  request r = {0};
  uint32_t i;
  blob b;
  if (n != 3) return 2;
  chain_path = arguments[1];
  many_path = arguments[2];
  b = read_file("", many_path);
  EQUAL(gonfalon_load(b.bytes, b.size, &s, NULL), 0);
  free(b.bytes);
  EQUAL(gonfalon_clone(s, &first), 0);
  gonfalon_info(first, &info);
  flags = info.flags;
  answers = calloc(flags, sizeof *answers);
  for (i = 0; i < flags; i++) answers[i] = ask(first, &r, i);
  gonfalon_free(first);
  mother = s;
  together((void *(*[])(void *)){decide_by_clones, decide_by_clones, decide_by_clones, decide_by_clones});
  together((void *(*[])(void *)){decide_chain, decide_chain, decide_chain, decide_chain});
  together((void *(*[])(void *)){decide_chain, be_refused, decide_by_clones, be_refused});
  gonfalon_free(s);
  request_free(&r);
  free(answers);
  return checked();
}
