/* Tests of each function of gonfalon.h.
 *
 *   library EXAMPLE.snapshot CHAIN.snapshot MANY.snapshot
 *
 * The first is wasm/testdata/example.yaml as revision 41, and the answers to it are those of the examples in wasm/ABI.md. */
#include <pthread.h>

#include "../examples/request.h"
#include "../gonfalon.h"
#include "check.h"

static const char *example_path, *chain_path, *many_path;

static gonfalon_snapshot *load(const char *path) {
  blob b = read_file("", path);
  gonfalon_snapshot *snapshot;
  uint32_t offset = 77;
  EQUAL(gonfalon_load(b.bytes, b.size, &snapshot, &offset), GONFALON_OK);
  EQUAL(offset, 0);
  memset(b.bytes, 0xff, b.size); /* the snapshot has a copy */
  free(b.bytes);
  if (!snapshot) exit(1);
  return snapshot;
}

/* Asks by the bytes of a request, in hex. */
static int32_t decide(gonfalon_snapshot *s, const char *digits, gonfalon_decision *d) {
  blob request = hex(digits);
  int32_t packed = gonfalon_decide(s, request.bytes, request.size, d);
  EQUAL(gonfalon_evaluate(s, request.bytes, request.size), packed);
  free(request.bytes);
  return packed;
}

static void same_bytes(gonfalon_text got, const char *digits) {
  blob want = hex(digits);
  EQUAL(got.size, want.size);
  CHECK(got.size == want.size && memcmp(got.data, want.bytes, want.size) == 0);
  free(want.bytes);
}

static void test_decisions(void) {
  gonfalon_snapshot *s = load(example_path);
  gonfalon_decision d;
  EQUAL(decide(s, "96 ac 6e 65 77 5f 63 68 65 63 6b 6f 75 74 a6 75 73 65 72 3a 33 91 a5 73 74 61 66 66 cf 00 06 61 36 bd c2 00 00 07 80", &d), 0x08000067);
  EQUAL(GONFALON_IS_ENABLED(d.packed), 1);
  EQUAL(GONFALON_REASON(d.packed), GONFALON_TARGETING_MATCH);
  EQUAL(GONFALON_GATE(d.packed), GONFALON_GATE_GROUP);
  EQUAL(GONFALON_SCORE16(d.packed), -1);
  EQUAL(d.variant, 0);
  TEXT(d.target, "staff");
  CHECK(d.name.data == NULL && d.payload.data == NULL);

  EQUAL(decide(s, "96 a4 68 65 72 6f a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);
  EQUAL(GONFALON_SCORE16(d.packed), 28946);
  EQUAL(GONFALON_SERVES_VARIANT(d.packed), 1);
  EQUAL(GONFALON_HAS_VARIANTS(d.packed), 1);
  EQUAL(GONFALON_IS_EXHAUSTED(d.packed), 0);
  EQUAL(d.variant, 1);
  TEXT(d.name, "blue");
  TEXT(d.payload, "{\"hex\":\"#00f\"}");
  CHECK(d.target.data == NULL && !GONFALON_HAS_TARGET(d.packed));
  EQUAL(decide(s, "96 00 a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);

  EQUAL(decide(s, "91 a7 75 6e 6b 6e 6f 77 6e", &d), 0);
  EQUAL(GONFALON_REASON(d.packed), GONFALON_UNKNOWN_FLAG);
  CHECK(d.name.data == NULL && d.payload.data == NULL && d.target.data == NULL);
  gonfalon_free(s);
}

static void test_info_and_keys(void) {
  gonfalon_snapshot *s = load(example_path);
  gonfalon_info_t info;
  gonfalon_text key;
  int32_t unreadable = 7;
  EQUAL(gonfalon_info(s, &info), 0);
  TEXT(info.environment, "default");
  EQUAL(info.flags, 2);
  EQUAL(info.segments, 0);
  EQUAL(info.unreadable, 0);
  EQUAL(info.revision, 41);
  EQUAL(info.lineage[0] | info.lineage[15], 0);
  EQUAL(gonfalon_flag_key(s, 0, &key, &unreadable), 0);
  TEXT(key, "hero");
  EQUAL(unreadable, 0);
  EQUAL(gonfalon_flag_key(s, 1, &key, NULL), 0);
  TEXT(key, "new_checkout");
  EQUAL(gonfalon_flag_key(s, 2, &key, &unreadable), GONFALON_OUT_OF_RANGE);
  CHECK(key.data == NULL);
  EQUAL(gonfalon_flag_key(s, UINT32_MAX, &key, NULL), GONFALON_OUT_OF_RANGE);
  CHECK(gonfalon_memory(s) > 65536 && gonfalon_memory(s) < 4 << 20);
  gonfalon_free(s);
}

static void test_find(void) {
  gonfalon_snapshot *s = load(many_path);
  gonfalon_info_t info;
  uint32_t i;
  EQUAL(gonfalon_info(s, &info), 0);
  CHECK(info.flags > 2 * GONFALON_BATCH);
  for (i = 0; i < info.flags; i++) {
    gonfalon_text key;
    char copy[64];
    gonfalon_flag_key(s, i, &key, NULL);
    memcpy(copy, key.data, key.size);
    if (gonfalon_find(s, copy, key.size) != (int32_t)i) break;
    if (gonfalon_find(s, copy, key.size - 1) != -1) break; /* a beginning of a key is none */
  }
  EQUAL(i, info.flags);
  EQUAL(gonfalon_find(s, "", 0), -1);
  EQUAL(gonfalon_find(s, NULL, 0), -1);
  EQUAL(gonfalon_find(s, "zzz", 3), -1);
  EQUAL(gonfalon_find(s, "\xff\xff\0", 3), -1);
  gonfalon_free(s);
}

static void test_batch(void) {
  static gonfalon_decision decisions[GONFALON_BATCH];
  gonfalon_snapshot *s = load(example_path), *many = load(many_path);
  blob all = hex("96 c0 a6 75 73 65 72 3a 33 90 00 00 80");
  uint32_t first = 0, i, wrong = 0;
  int32_t count;
  EQUAL(gonfalon_batch(s, all.bytes, all.size, 0, decisions), 2);
  EQUAL(decisions[0].packed, 0x14e22625);
  TEXT(decisions[0].name, "blue");
  EQUAL(decisions[1].packed, 0x01b8d202);
  EQUAL(gonfalon_batch(s, all.bytes, all.size, 2, decisions), 0);
  EQUAL(gonfalon_batch(s, all.bytes, all.size, 100001, decisions), GONFALON_OUT_OF_RANGE);
  do {
    gonfalon_decision alone;
    request r = {0};
    count = gonfalon_batch(many, all.bytes, all.size, first, decisions);
    for (i = 0; count > 0 && i < (uint32_t)count; i += 97) {
      int32_t packed = decisions[i].packed;
      r.size = 0;
      put_array(&r, 2);
      put_unsigned(&r, first + i);
      put_text(&r, "user:3");
      wrong += gonfalon_decide(many, r.bytes, r.size, &alone) != packed;
      gonfalon_batch(many, all.bytes, all.size, first, decisions);
    }
    request_free(&r);
    first += (uint32_t)(count > 0 ? count : 0);
  } while (count == GONFALON_BATCH);
  EQUAL(wrong, 0);
  EQUAL(count >= 0, 1);
  EQUAL(first, 2500);
  free(all.bytes);
  gonfalon_free(s);
  gonfalon_free(many);
}

static void test_explain_and_needs(void) {
  gonfalon_snapshot *s = load(example_path);
  gonfalon_text text;
  blob r = hex("96 ac 6e 65 77 5f 63 68 65 63 6b 6f 75 74 a6 75 73 65 72 3a 33 90 00 00 81 a4 70 6c 61 6e a3 70 72 6f");
  EQUAL(gonfalon_explain(s, r.bytes, r.size, &text), 0);
  same_bytes(text, "92 ce 01 b8 d2 02 94 97 03 00 c0 00 c0 c0 c0 97 04 00 c0 c0 c0 c0 91 95 a4 70 6c 61 6e 02 91 a4"
                   "74 65 61 6d a3 70 72 6f c2 97 01 00 c0 00 c0 c0 c0 97 07 00 c0 cd dc 68 cd 40 00 c0 c0");
  EQUAL(gonfalon_explain(s, "\xc1", 1, &text), GONFALON_MALFORMED);
  CHECK(text.data == NULL && text.size == 0);
  free(r.bytes);
  r = hex("96 ac 6e 65 77 5f 63 68 65 63 6b 6f 75 74 c0 90 00 00 80");
  EQUAL(gonfalon_needs(s, r.bytes, r.size, &text), 0);
  same_bytes(text, "95 91 a5 73 74 61 66 66 91 a4 70 6c 61 6e 01 c2 c2");
  free(r.bytes);
  gonfalon_free(s);
}

static void test_splice(void) {
  gonfalon_snapshot *s = load(example_path), *next;
  gonfalon_decision d;
  gonfalon_text spliced;
  gonfalon_info_t info;
  uint32_t offset = 7;
  blob delta = hex(
      "95 97 a8 67 6f 6e 66 61 6c 6f 6e 01 a7 64 65 66 61 75 6c 74 c4 10 00 00 00 00 00 00 00 00 00 00"
      "00 00 00 00 00 00 29 91 00 9c 02 00 02 01 01 01 02 00 00 00 00 00 c4 20 f3 b5 39 9e 18 fe b4 78"
      "65 bb 98 83 37 84 b1 35 24 49 d1 da 4c cc 98 79 f2 ae 6e ce ed 21 71 a0 90 91 92 ac 6e 65 77 5f"
      "63 68 65 63 6b 6f 75 74 c4 25 9a 02 cd 40 01 00 00 90 92 a5 73 74 61 66 66 02 91 92 00 91 94 a4"
      "70 6c 61 6e 02 91 a4 74 65 61 6d c0 90 90 90 c4 20 97 21 de 48 be 53 70 d4 a4 c3 46 a3 de f8 98"
      "99 88 27 95 ea e5 ad a5 9c 69 6d 06 41 05 70 02 93");
  static const uint8_t id[] = {0x97, 0x21, 0xde, 0x48, 0xbe, 0x53, 0x70, 0xd4};
  EQUAL(gonfalon_splice(s, delta.bytes, delta.size, &spliced, &offset), 0);
  EQUAL(spliced.size, 215);
  EQUAL(gonfalon_load(spliced.data, spliced.size, &next, &offset), 0); /* right out of the other's memory */
  EQUAL(gonfalon_info(next, &info), 0);
  CHECK(memcmp(info.id, id, sizeof id) == 0);
  EQUAL(GONFALON_REASON(decide(next, "91 ac 6e 65 77 5f 63 68 65 63 6b 6f 75 74", &d)), GONFALON_KILLED);
  EQUAL(decide(s, "96 a4 68 65 72 6f a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625); /* it stays as it was */

  EQUAL(gonfalon_splice(next, delta.bytes, delta.size, &spliced, &offset), 11); /* a delta for another snapshot */
  CHECK(spliced.data == NULL && spliced.size == 0 && offset > 0);
  EQUAL(gonfalon_splice(s, delta.bytes, delta.size - 1, &spliced, NULL) > 0, 1);
  EQUAL(gonfalon_splice(s, NULL, 0, &spliced, &offset) > 0, 1);
  EQUAL(gonfalon_splice(s, delta.bytes, (size_t)GONFALON_MAX_BYTES + 1, &spliced, &offset), 1);
  EQUAL(offset, GONFALON_MAX_BYTES);
  free(delta.bytes);
  gonfalon_free(s);
  gonfalon_free(next);
}

static void test_what_is_refused(void) {
  blob b = read_file("", example_path);
  gonfalon_snapshot *s;
  gonfalon_decision d;
  uint32_t offset;
  size_t size;
  for (size = 0; size < b.size; size++) {
    s = (gonfalon_snapshot *)&d;
    if (gonfalon_load(b.bytes, size, &s, &offset) <= 0 || s || offset > size) break;
  }
  EQUAL(size, b.size); /* truncated anywhere */
  EQUAL(gonfalon_load(NULL, 0, &s, NULL) > 0, 1);
  EQUAL(gonfalon_load(b.bytes, (size_t)GONFALON_MAX_BYTES + 1, &s, &offset), 1);
  EQUAL(offset, GONFALON_MAX_BYTES);
  EQUAL(gonfalon_load(b.bytes, SIZE_MAX, &s, &offset), 1);
  CHECK(s == NULL);
  b.bytes[b.size - 1] ^= 1;
  EQUAL(gonfalon_load(b.bytes, b.size, &s, &offset), 4);
  free(b.bytes);

  s = load(example_path);
  EQUAL(gonfalon_evaluate(s, NULL, 0), GONFALON_MALFORMED);
  EQUAL(gonfalon_evaluate(s, "\xc1", 1), GONFALON_MALFORMED);
  EQUAL(gonfalon_decide(s, "\x90", 1, &d), GONFALON_MALFORMED);
  EQUAL(gonfalon_evaluate(s, "\x90", (size_t)GONFALON_MAX_BYTES + 1), GONFALON_MALFORMED);
  EQUAL(gonfalon_evaluate(s, "\x90", SIZE_MAX), GONFALON_MALFORMED);
  EQUAL(decide(s, "96 a4 68 65 72 6f a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);
  gonfalon_free(s);
  gonfalon_free(NULL);
}

static void test_large_requests(void) {
  gonfalon_snapshot *s = load(example_path);
  gonfalon_decision d;
  request r = {0};
  size_t size = 30 << 20;
  char *actor = calloc(1, size);
  put_array(&r, 2);
  put_text(&r, "hero");
  put_text_of(&r, actor, size);
  EQUAL(r.failed, 0);
  CHECK(gonfalon_decide(s, r.bytes, r.size, &d) > 0);
  EQUAL(d.variant == 1 || d.variant == 2, 1);
  EQUAL(decide(s, "96 a4 68 65 72 6f a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);
  free(actor);
  request_free(&r);
  gonfalon_free(s);
}

static void test_clone(void) {
  gonfalon_snapshot *s = load(example_path), *clone, *second;
  gonfalon_decision d;
  decide(s, "91 a4 68 65 72 6f", &d); /* it has been used */
  EQUAL(gonfalon_clone(s, &clone), 0);
  gonfalon_free(s);
  EQUAL(decide(clone, "96 a4 68 65 72 6f a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);
  TEXT(d.name, "blue");
  EQUAL(gonfalon_clone(clone, &second), 0);
  EQUAL(decide(second, "96 00 a6 75 73 65 72 3a 33 90 00 00 80", &d), 0x14e22625);
  gonfalon_free(second);
  gonfalon_free(clone);
}

/* The deepest chain of prerequisites that there can be, on a thread with little stack. wabt's counter of the call depth is off:
 * this is what it would have been for. */
static void *decide_chain(void *path) {
  gonfalon_snapshot *s = load(path);
  gonfalon_decision d;
  blob all = hex("92 a4 66 30 30 30 a6 75 73 65 72 3a 33"); /* f000 */
  int32_t packed = gonfalon_decide(s, all.bytes, all.size, &d);
  EQUAL(GONFALON_IS_ENABLED(packed), 1);
  gonfalon_free(s);
  free(all.bytes);
  return NULL;
}

static void test_deep_chain(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  EQUAL(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
  EQUAL(pthread_create(&thread, &attributes, decide_chain, (void *)chain_path), 0);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
}

int main(int n, char **arguments) {
  if (n != 4) return 2;
  example_path = arguments[1];
  chain_path = arguments[2];
  many_path = arguments[3];
  test_decisions();
  test_info_and_keys();
  test_find();
  test_batch();
  test_explain_and_needs();
  test_splice();
  test_what_is_refused();
  test_large_requests();
  test_clone();
  test_deep_chain();
  return checked();
}
