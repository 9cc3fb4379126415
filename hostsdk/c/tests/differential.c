/* Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.
 *
 *   differential PAIRS DECISIONS
 *
 * PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes, or length 0 for
 * that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed decision (u32, little-endian), then
 * the variant's name, its payload and the deciding gate's target, each with its length before it. A snapshot or request that the
 * engine refuses gives 0xffffffff and three empty texts. `-` is standard input or output. */
#include "../gonfalon.h"
#include "check.h"

typedef struct {
  uint8_t *bytes;
  uint32_t size, room;
} record;

/* Reads a record. Returns 0 at the end of the file. */
static int read_record(FILE *in, record *r) {
  uint8_t head[4];
  size_t n = fread(head, 1, 4, in);
  if (n == 0) return 0;
  r->size = (uint32_t)head[3] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[1] << 8 | head[0];
  if (n == 4 && r->size > r->room) {
    r->room = r->size;
    r->bytes = (uint8_t *)realloc(r->bytes, r->room);
  }
  if (n != 4 || (r->size && (!r->bytes || fread(r->bytes, 1, r->size, in) != r->size))) {
    fprintf(stderr, "the file ends in the middle of a record\n");
    exit(1);
  }
  return 1;
}

static void write_word(FILE *out, uint32_t n) {
  uint8_t bytes[] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
  fwrite(bytes, 1, sizeof bytes, out);
}

static void write_text(FILE *out, gonfalon_text text) {
  write_word(out, text.size);
  if (text.size) fwrite(text.data, 1, text.size, out);
}

int main(int n, char **arguments) {
  gonfalon_snapshot *snapshot = NULL;
  record loaded = {0}, request = {0};
  long count = 0;
  FILE *in, *out;
  if (n != 3) {
    fprintf(stderr, "usage: differential PAIRS DECISIONS\n");
    return 2;
  }
  in = strcmp(arguments[1], "-") == 0 ? stdin : fopen(arguments[1], "rb");
  out = strcmp(arguments[2], "-") == 0 ? stdout : fopen(arguments[2], "wb");
  if (!in || !out) {
    perror(in ? arguments[2] : arguments[1]);
    return 1;
  }
  for (; read_record(in, &loaded); count++) {
    gonfalon_decision d = {0};
    if (loaded.size) {
      gonfalon_free(snapshot);
      gonfalon_load(loaded.bytes, loaded.size, &snapshot, NULL);
    }
    if (!read_record(in, &request)) {
      fprintf(stderr, "the file ends in the middle of a pair\n");
      return 1;
    }
    if (!snapshot || gonfalon_decide(snapshot, request.bytes, request.size, &d) < 0) memset(&d, 0, sizeof d), d.packed = -1;
    write_word(out, (uint32_t)d.packed);
    write_text(out, d.name);
    write_text(out, d.payload);
    write_text(out, d.target);
  }
  gonfalon_free(snapshot);
  free(loaded.bytes);
  free(request.bytes);
  if (fclose(out) != 0) {
    perror(arguments[2]);
    return 1;
  }
  fprintf(stderr, "%ld decided\n", count);
  return 0;
}
