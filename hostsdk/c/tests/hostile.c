/* Tests that no bytes stop the engine, or bring it to read or write what isn't its own.
 *
 *   hostile SEED CASES.jsonl EXAMPLE.snapshot
 *
 * Snapshots, requests and deltas are altered at random; altered snapshots get a content id that is right, so that the engine reads
 * what is in them. Whatever comes, the answer is a decision or a code, and the whole snapshot beside it answers as before. */
#include <signal.h>

#include "../gonfalon.h"
#include "cases.h"
#include "check.h"
#include "sha256.h"

static uint64_t state;
static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGUSR1, SIGALRM};

static uint32_t below(uint32_t n) { /* splitmix64 */
  uint64_t x = state += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)((x ^ x >> 31) % n);
}

/* Alters bytes in place, and returns how many there are now, at most size + 8. */
static size_t alter(uint8_t *bytes, size_t size) {
  static const uint8_t heads[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xc9,
                                  0xca, 0xcb, 0xcc, 0xcf, 0xd0, 0xd3, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xff};
  uint32_t times = 1 + below(3);
  while (times-- > 0) {
    uint32_t at = size ? below((uint32_t)size) : 0;
    switch (below(6)) {
      case 0: if (size) bytes[at] ^= (uint8_t)(1 << below(8)); break;
      case 1: if (size) bytes[at] = heads[below(sizeof heads)]; break;
      case 2: if (size) bytes[at] = (uint8_t)below(256); break;
      case 3: size = at; break; /* truncated */
      case 4: /* a byte more */
        memmove(bytes + at + 1, bytes + at, size - at);
        bytes[at] = heads[below(sizeof heads)];
        size++;
        break;
      case 5: /* a byte less */
        if (size) memmove(bytes + at, bytes + at + 1, size - at - 1), size--;
        break;
    }
  }
  return size;
}

static void ask_all(gonfalon_snapshot *s, const void *request, size_t size) {
  static gonfalon_decision decisions[GONFALON_BATCH];
  gonfalon_text text;
  gonfalon_decision d;
  int32_t answers[] = {
      gonfalon_evaluate(s, request, size),   gonfalon_decide(s, request, size, &d),        gonfalon_batch(s, request, size, 0, decisions),
      gonfalon_needs(s, request, size, &text), gonfalon_explain(s, request, size, &text),
  };
  size_t i, right = 0;
  for (i = 0; i < sizeof answers / sizeof *answers; i++) right += answers[i] >= -4;
  EQUAL(right, i);
}

static void test_requests_and_snapshots(const test_cases *cases) {
  size_t i, loaded = 0;
  for (i = 0; i < cases->count; i++) {
    const test_case *c = &cases->list[i];
    gonfalon_snapshot *s, *altered;
    uint8_t *bytes;
    size_t size;
    int32_t before, code;
    if (c->skipped || gonfalon_load(c->snapshot, c->snapshot_size, &s, NULL) != 0) continue;
    before = gonfalon_evaluate(s, c->request, c->request_size);

    bytes = malloc(c->request_size + 64);
    memcpy(bytes, c->request, c->request_size);
    size = alter(bytes, c->request_size);
    ask_all(s, bytes, size);
    free(bytes);

    bytes = malloc(c->snapshot_size + 64);
    memcpy(bytes, c->snapshot, c->snapshot_size);
    size = alter(bytes, c->snapshot_size - SHA256_SIZE);
    sha256(bytes, size, bytes + size);
    code = gonfalon_load(bytes, size + SHA256_SIZE, &altered, NULL);
    CHECK(code >= 0);
    if (altered) {
      loaded++;
      ask_all(altered, c->request, c->request_size);
    }
    gonfalon_free(altered);
    free(bytes);

    EQUAL(gonfalon_evaluate(s, c->request, c->request_size), before);
    gonfalon_free(s);
  }
  CHECK(loaded > 0); /* the ids are right */
}

static void test_deltas(const char *path) {
  blob delta = hex(
      "95 97 a8 67 6f 6e 66 61 6c 6f 6e 01 a7 64 65 66 61 75 6c 74 c4 10 00 00 00 00 00 00 00 00 00 00"
      "00 00 00 00 00 00 29 91 00 9c 02 00 02 01 01 01 02 00 00 00 00 00 c4 20 f3 b5 39 9e 18 fe b4 78"
      "65 bb 98 83 37 84 b1 35 24 49 d1 da 4c cc 98 79 f2 ae 6e ce ed 21 71 a0 90 91 92 ac 6e 65 77 5f"
      "63 68 65 63 6b 6f 75 74 c4 25 9a 02 cd 40 01 00 00 90 92 a5 73 74 61 66 66 02 91 92 00 91 94 a4"
      "70 6c 61 6e 02 91 a4 74 65 61 6d c0 90 90 90 c4 20 97 21 de 48 be 53 70 d4 a4 c3 46 a3 de f8 98"
      "99 88 27 95 ea e5 ad a5 9c 69 6d 06 41 05 70 02 93");
  blob example = read_file("", path);
  uint8_t *bytes = malloc(delta.size + 64);
  gonfalon_snapshot *s;
  gonfalon_text spliced;
  uint32_t offset;
  int i;
  EQUAL(gonfalon_load(example.bytes, example.size, &s, NULL), 0);
  for (i = 0; i < 5000; i++) {
    size_t size;
    int32_t code;
    memcpy(bytes, delta.bytes, delta.size);
    size = alter(bytes, delta.size);
    code = gonfalon_splice(s, bytes, size, &spliced, &offset);
    CHECK(code >= 0 && offset <= GONFALON_MAX_BYTES && (code == 0) == (spliced.data != NULL));
  }
  EQUAL(gonfalon_splice(s, delta.bytes, delta.size, &spliced, &offset), 0);
  EQUAL(spliced.size, 215);
  gonfalon_free(s);
  free(bytes);
  free(delta.bytes);
  free(example.bytes);
}

static void on_signal(int number) { (void)number; }

/* The program's own signal handlers, which main sets, are left alone. */
static void test_signal_handlers(void) {
  size_t i;
  for (i = 0; i < sizeof signals / sizeof *signals; i++) CHECK(signal(signals[i], SIG_DFL) == on_signal);
}

int main(int n, char **arguments) {
  test_cases cases = {NULL, 0};
  size_t i;
  if (n != 4) return 2;
  for (i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], on_signal);
  state = strtoull(arguments[1], NULL, 10);
  printf("seed %s\n", arguments[1]);
  read_cases(arguments[2], &cases);
  test_requests_and_snapshots(&cases);
  test_deltas(arguments[3]);
  test_signal_handlers();
  free_cases(&cases);
  return checked();
}
