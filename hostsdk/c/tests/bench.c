/* Times the library on the workloads of the other hosts' benchmarks, and checks every answer.
 *
 *   bench first SNAPSHOT                       decides once: the time from the start of a process
 *   bench run SNAPSHOT TEN_THOUSAND LIBRARY    prints the figures as one JSON object
 *
 * boolean: a flag that is on · percentage: 25% of actors · rule: three constraints and 50%. `decide` writes the request anew for each
 * question, with the key and the whole context. `prepared` sends what `needs` names: the flag's number, the actor, and for the rule
 * the attributes, written before. The lowest of many samples counts: what a busy machine adds, it only ever adds. */
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../examples/request.h"
#include "../gonfalon.h"
#include "check.h"
#include "sha256.h"

extern char **environ;

enum { KINDS = 3, ACTORS = 64, SAMPLES = 40 };
static const char *const kinds[KINDS] = {"boolean", "percentage", "rule"};

static gonfalon_snapshot *snapshot;
static char keys[KINDS][ACTORS][32], actors[ACTORS][16];
static request prepared[KINDS][ACTORS]; /* by i: flag i for actor i */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static gonfalon_snapshot *load(const char *path) {
  blob b = read_file("", path);
  gonfalon_snapshot *s;
  int32_t code = gonfalon_load(b.bytes, b.size, &s, NULL);
  free(b.bytes);
  if (code) {
    fprintf(stderr, "%s: code %d\n", path, code);
    exit(1);
  }
  return s;
}

static void put_attributes(request *r) {
  put_map(r, 5);
  put_text(r, "age");
  put_integer(r, 34);
  put_text(r, "beta");
  put_bool(r, 1);
  put_text(r, "country");
  put_text(r, "DE");
  put_text(r, "email");
  put_text(r, "jo@example.com");
  put_text(r, "plan");
  put_text(r, "team");
}

static void put_whole(request *r, int kind, int flag, int actor) {
  r->size = 0;
  put_array(r, 6);
  put_text(r, keys[kind][flag]);
  put_text(r, actors[actor]);
  put_array(r, 0);
  put_unsigned(r, 1800000000000000);
  put_unsigned(r, 7);
  put_attributes(r);
}

static void put_lean(request *r, int kind, int flag, int actor) {
  put_array(r, kind == 2 ? 6 : 2);
  put_unsigned(r, (uint64_t)gonfalon_find(snapshot, keys[kind][flag], strlen(keys[kind][flag])));
  put_text(r, actors[actor]);
  if (kind != 2) return;
  put_array(r, 0);
  put_unsigned(r, 0);
  put_unsigned(r, 0);
  put_map(r, 3);
  put_text(r, "age");
  put_integer(r, 34);
  put_text(r, "country");
  put_text(r, "DE");
  put_text(r, "plan");
  put_text(r, "team");
}

/* The right answer, from the definitions and not by the engine. */
static int right(int kind, int flag, int actor) {
  uint8_t text[64], sum[SHA256_SIZE];
  int n = snprintf((char *)text, sizeof text, "%s%s", actors[actor], keys[kind][flag]);
  double score;
  sha256(text, (size_t)n, sum);
  score = (sum[0] << 8 | sum[1]) / 65536.0;
  return kind == 0 || score <= (kind == 1 ? 0.25 : 0.5);
}

static void check_answers(void) {
  request r = {0};
  int kind, flag, actor;
  for (kind = 0; kind < KINDS; kind++)
    for (flag = 0; flag < ACTORS; flag++)
      for (actor = 0; actor < ACTORS; actor++) {
        put_whole(&r, kind, flag, actor);
        EQUAL(GONFALON_IS_ENABLED(gonfalon_evaluate(snapshot, r.bytes, r.size)), right(kind, flag, actor));
        r.size = 0;
        put_lean(&r, kind, flag, actor);
        EQUAL(GONFALON_IS_ENABLED(gonfalon_evaluate(snapshot, r.bytes, r.size)), right(kind, flag, actor));
      }
  request_free(&r);
}

static gonfalon_decision decisions[GONFALON_BATCH];
static request batch;

static int ask(int kind, int lean, int i) {
  static request r;
  if (kind == KINDS) return gonfalon_batch(snapshot, batch.bytes, batch.size, 0, decisions) == 100;
  if (lean) return gonfalon_evaluate(snapshot, prepared[kind][i & 63].bytes, prepared[kind][i & 63].size) > 0;
  put_whole(&r, kind, i & 63, i & 63);
  return gonfalon_evaluate(snapshot, r.bytes, r.size) > 0;
}

/* Nanoseconds for each question, in the best of many samples. */
static double lowest(int kind, int lean) {
  double best = 1e9;
  int sample, i, n = kind == KINDS ? 500 : 50000;
  for (sample = 0; sample < SAMPLES; sample++) {
    double begin = now(), taken;
    long answered = 0;
    for (i = 0; i < n; i++) answered += ask(kind, lean, i);
    taken = (now() - begin) / n * 1e9;
    if (answered != n) exit(1);
    if (taken < best) best = taken;
  }
  return best;
}

/* Milliseconds from the start of a process until it has decided. */
static double first_decision(char *self, char *path) {
  double best = 1e9;
  int i;
  for (i = 0; i < 20; i++) {
    char *arguments[] = {self, "first", path, NULL};
    double begin = now(), taken;
    pid_t child;
    int status;
    if (posix_spawn(&child, self, NULL, NULL, arguments, environ) != 0 || waitpid(child, &status, 0) < 0 || status != 0) exit(1);
    taken = (now() - begin) * 1e3;
    if (taken < best) best = taken;
  }
  return best;
}

static int run(char *self, char *path, const char *large, const char *library) {
  double loading = 1e9;
  struct rusage usage;
  struct stat file;
  int i, kind;
  snapshot = load(path);
  for (i = 0; i < ACTORS; i++) {
    snprintf(actors[i], sizeof actors[i], "user:%06d", i * 3);
    for (kind = 0; kind < KINDS; kind++) snprintf(keys[kind][i], sizeof keys[kind][i], "%s_%05d", kinds[kind], i);
  }
  for (i = 0; i < ACTORS; i++)
    for (kind = 0; kind < KINDS; kind++) put_lean(&prepared[kind][i], kind, i, i);
  put_array(&batch, 6);
  put_array(&batch, 100);
  for (i = 0; i < 100; i++) put_text(&batch, keys[i % KINDS][i / KINDS]);
  put_text(&batch, actors[1]);
  put_array(&batch, 0);
  put_unsigned(&batch, 0);
  put_unsigned(&batch, 0);
  put_attributes(&batch);
  check_answers();
  EQUAL(gonfalon_batch(snapshot, batch.bytes, batch.size, 0, decisions), 100);
  for (i = 0; i < 100; i++) EQUAL(GONFALON_IS_ENABLED(decisions[i].packed), right(i % KINDS, i / KINDS, 1));
  if (failed) return checked();

  printf("{\"lang\": \"c\", \"engine\": \"wasm2c\", \"decide_ns\": {");
  for (kind = 0; kind < KINDS; kind++) printf("%s\"%s\": %.1f", kind ? ", " : "", kinds[kind], lowest(kind, 0));
  printf("}, \"prepared_ns\": {");
  for (kind = 0; kind < KINDS; kind++) printf("%s\"%s\": %.1f", kind ? ", " : "", kinds[kind], lowest(kind, 1));
  printf("}, \"batch100_ns\": %.0f", lowest(KINDS, 0));
  for (i = 0; i < 10; i++) {
    blob b = read_file("", large);
    double begin = now(), taken;
    gonfalon_snapshot *s;
    if (gonfalon_load(b.bytes, b.size, &s, NULL) != 0) return 1;
    taken = (now() - begin) * 1e3;
    if (taken < loading) loading = taken;
    gonfalon_free(s);
    free(b.bytes);
  }
  getrusage(RUSAGE_SELF, &usage);
  stat(library, &file);
  printf(", \"load10000_ms\": %.2f, \"start_ms\": %.2f, \"memory_mb\": %.1f, \"package_kb\": %ld, \"answers_checked\": %d}\n", loading,
         first_decision(self, path), (double)usage.ru_maxrss / 1024, (long)file.st_size / 1024, passed);
  return 0;
}

int main(int n, char **arguments) {
  if (n == 3 && strcmp(arguments[1], "first") == 0) {
    snapshot = load(arguments[2]);
    return !GONFALON_IS_ENABLED(gonfalon_evaluate(snapshot, "\x91\xad" "boolean_00000", 15));
  }
  if (n == 5 && strcmp(arguments[1], "run") == 0) return run(arguments[0], arguments[2], arguments[3], arguments[4]);
  fprintf(stderr, "usage: bench first SNAPSHOT | bench run SNAPSHOT TEN_THOUSAND LIBRARY\n");
  return 2;
}
