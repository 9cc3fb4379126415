/* Reads a snapshot, as `gonfalon compile` writes it, and decides a flag for an actor.
 *
 *   decide flags.snapshot new_checkout user:1 [group…]
 */
#include <gonfalon.h>
#include <stdio.h>
#include <time.h>

#include "request.h"

static void *read_file(const char *path, size_t *size) {
  static char bytes[1 << 20]; /* enough for an example */
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  *size = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  return bytes;
}

int main(int n, char **arguments) {
  gonfalon_snapshot *flags;
  gonfalon_decision decision;
  request r = {0};
  uint32_t offset;
  size_t size;
  void *bytes;
  int32_t code;
  int i;
  if (n < 4) {
    fprintf(stderr, "usage: decide FILE.snapshot FLAG ACTOR [GROUP...]\n");
    return 2;
  }
  bytes = read_file(arguments[1], &size);
  if (!bytes) {
    perror(arguments[1]);
    return 2;
  }
  code = gonfalon_load(bytes, size, &flags, &offset);
  if (code != 0) {
    fprintf(stderr, "%s is refused with code %d at byte %u\n", arguments[1], code, offset);
    return 1;
  }

  put_array(&r, 5); /* flag, actor, groups, time, chance */
  put_text(&r, arguments[2]);
  put_text(&r, arguments[3]);
  put_array(&r, (uint32_t)(n - 4));
  for (i = 4; i < n; i++) put_text(&r, arguments[i]);
  put_integer(&r, (int64_t)time(NULL) * 1000000);
  put_unsigned(&r, (uint64_t)rand());

  code = r.failed ? GONFALON_NO_MEMORY : gonfalon_decide(flags, r.bytes, r.size, &decision);
  if (code < 0) printf("%s can't be decided (%d): the program takes its default\n", arguments[2], code);
  else {
    printf("%s is %s", arguments[2], GONFALON_IS_ENABLED(code) ? "on" : "off");
    if (decision.name.data) printf(", variant %.*s", (int)decision.name.size, (const char *)decision.name.data);
    if (decision.payload.data) printf(" %.*s", (int)decision.payload.size, (const char *)decision.payload.data);
    printf("\n");
  }
  request_free(&r);
  gonfalon_free(flags);
  return code < 0;
}
