/* request.h: writes requests as wasm/ABI.md lays them out. Copy it, or use any msgpack library.
 *
 *   request r = {0};
 *   put_array(&r, 3);
 *   put_text(&r, "new_checkout");
 *   put_text(&r, "user:1");
 *   put_array(&r, 1);
 *   put_text(&r, "staff");
 *   … gonfalon_evaluate(snapshot, r.bytes, r.size) …
 *   request_free(&r);
 *
 * To use it again, set size to 0. If there is no memory for it, failed is 1 and what is written is incomplete.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *bytes;
  size_t size, room;
  int failed;
} request;

static inline void put_bytes(request *r, const void *bytes, size_t size) {
  if (size > r->room - r->size) {
    size_t room = (r->size + size) * 2;
    uint8_t *grown = realloc(r->bytes, room);
    if (!grown) {
      r->failed = 1;
      return;
    }
    r->bytes = grown;
    r->room = room;
  }
  if (size) memcpy(r->bytes + r->size, bytes, size);
  r->size += size;
}

/* Writes a byte, and after it n in width bytes, the most significant one first. */
static inline void put_head(request *r, uint8_t head, uint64_t n, int width) {
  uint8_t bytes[9];
  int i;
  bytes[0] = head;
  for (i = 0; i < width; i++) bytes[1 + i] = (uint8_t)(n >> 8 * (width - 1 - i));
  put_bytes(r, bytes, 1 + (size_t)width);
}

static inline void put_nil(request *r) { put_head(r, 0xc0, 0, 0); }
static inline void put_bool(request *r, int on) { put_head(r, on ? 0xc3 : 0xc2, 0, 0); }
static inline void put_unsigned(request *r, uint64_t n) { n < 128 ? put_head(r, (uint8_t)n, 0, 0) : put_head(r, 0xcf, n, 8); }
static inline void put_integer(request *r, int64_t n) { n >= 0 ? put_unsigned(r, (uint64_t)n) : put_head(r, 0xd3, (uint64_t)n, 8); }

/* A number without a fraction is sent as an integer, and one that is none as nil: the same context is decided the same everywhere. */
static inline void put_number(request *r, double n) {
  uint64_t bits;
  if (n != n || n - n != 0) put_nil(r);
  else if (n >= -9007199254740992.0 && n <= 9007199254740992.0 && (double)(int64_t)n == n) put_integer(r, (int64_t)n);
  else {
    memcpy(&bits, &n, 8);
    put_head(r, 0xcb, bits, 8);
  }
}

/* Text is UTF-8. */
static inline void put_text_of(request *r, const void *text, size_t size) {
  if (size < 32) put_head(r, (uint8_t)(0xa0 | size), 0, 0);
  else put_head(r, 0xdb, size, 4);
  put_bytes(r, text, size);
}
static inline void put_text(request *r, const char *text) { put_text_of(r, text, strlen(text)); }

/* The n elements of an array, or the n names and values of a map, follow. */
static inline void put_array(request *r, uint32_t n) { n < 16 ? put_head(r, (uint8_t)(0x90 | n), 0, 0) : put_head(r, 0xdd, n, 4); }
static inline void put_map(request *r, uint32_t n) { n < 16 ? put_head(r, (uint8_t)(0x80 | n), 0, 0) : put_head(r, 0xdf, n, 4); }

static inline void request_free(request *r) {
  free(r->bytes);
  memset(r, 0, sizeof *r);
}

#endif
