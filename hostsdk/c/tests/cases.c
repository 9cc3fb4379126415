#include "cases.h"

#include "../gonfalon.h"
#include "check.h"

/* A reader of one line of JSON, as strict as these files need. */
typedef struct {
  const char *path, *at;
  long line;
} reader;

static void fail(const reader *r, const char *what) {
  fprintf(stderr, "%s: line %ld is not a case: %s, at %.20s\n", r->path, r->line, what, r->at);
  exit(2);
}

static void want(reader *r, char c) {
  if (*r->at != c) fail(r, "malformed");
  r->at++;
}

static unsigned read_code_unit(reader *r) {
  unsigned unit = 0;
  int i;
  for (i = 0; i < 4; i++, r->at++) {
    char c = *r->at;
    unit = unit << 4 | (unsigned)(c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : (fail(r, "escape"), 0));
  }
  return unit;
}

static char *write_utf8(char *to, unsigned c) {
  if (c < 0x80) *to++ = (char)c;
  else if (c < 0x800) *to++ = (char)(0xc0 | c >> 6), *to++ = (char)(0x80 | (c & 63));
  else if (c < 0x10000) *to++ = (char)(0xe0 | c >> 12), *to++ = (char)(0x80 | (c >> 6 & 63)), *to++ = (char)(0x80 | (c & 63));
  else *to++ = (char)(0xf0 | c >> 18), *to++ = (char)(0x80 | (c >> 12 & 63)), *to++ = (char)(0x80 | (c >> 6 & 63)), *to++ = (char)(0x80 | (c & 63));
  return to;
}

/* Reads a string into memory of its own. It is never longer than it was in JSON. */
static char *read_string(reader *r) {
  const char *end;
  char *text, *to;
  want(r, '"');
  for (end = r->at; *end && *end != '"'; end++)
    if (*end == '\\' && end[1]) end++;
  text = to = malloc((size_t)(end - r->at) + 1);
  if (!text) exit(2);
  while (*r->at != '"') {
    if ((unsigned char)*r->at < 32) fail(r, "an unfinished string");
    if (*r->at != '\\') {
      *to++ = *r->at++;
      continue;
    }
    r->at++;
    switch (*r->at++) {
      case '"': *to++ = '"'; break;
      case '\\': *to++ = '\\'; break;
      case '/': *to++ = '/'; break;
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u': {
        unsigned c = read_code_unit(r);
        if (c >= 0xd800 && c < 0xdc00 && r->at[0] == '\\' && r->at[1] == 'u') {
          r->at += 2;
          c = 0x10000 + ((c & 0x3ff) << 10) + (read_code_unit(r) & 0x3ff);
        }
        to = write_utf8(to, c);
        break;
      }
      default: fail(r, "escape");
    }
  }
  r->at++;
  *to = 0;
  return text;
}

static long read_integer(reader *r) {
  char *end;
  long n = strtol(r->at, &end, 10);
  if (end == r->at) fail(r, "no number");
  r->at = end;
  return n;
}

static int read_word(reader *r, const char *word) {
  size_t n = strlen(word);
  if (strncmp(r->at, word, n) != 0) return 0;
  r->at += n;
  return 1;
}

static int read_boolean(reader *r) {
  if (read_word(r, "true")) return 1;
  if (!read_word(r, "false")) fail(r, "no boolean");
  return 0;
}

static uint8_t *read_base64(reader *r, size_t *size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *text = read_string(r), *from;
  uint8_t *bytes = malloc(strlen(text) + 1);
  uint32_t bits = 0, held = 0;
  if (!bytes) exit(2);
  *size = 0;
  for (from = text; *from && *from != '='; from++) {
    const char *digit = strchr(digits, *from);
    if (!digit) fail(r, "no base64");
    bits = bits << 6 | (uint32_t)(digit - digits);
    held += 6;
    if (held >= 8) bytes[(*size)++] = (uint8_t)(bits >> (held -= 8));
  }
  free(text);
  return bytes;
}

static void read_expect(reader *r, test_case *c) {
  want(r, '{');
  do {
    char *name = read_string(r);
    want(r, ':');
    if (strcmp(name, "enabled") == 0) c->enabled = read_boolean(r);
    else if (strcmp(name, "score16") == 0) c->score16 = read_word(r, "null") ? -1 : read_integer(r);
    else if (strcmp(name, "variant") == 0) {
      c->has_variant = 1;
      c->variant = read_word(r, "null") ? NULL : read_string(r);
    } else fail(r, name);
    free(name);
  } while (*r->at == ',' && r->at++);
  want(r, '}');
}

static test_case read_case(reader *r) {
  test_case c = {.score16 = -1, .enabled = -1};
  want(r, '{');
  do {
    char *name = read_string(r);
    want(r, ':');
    if (strcmp(name, "file") == 0) c.file = read_string(r);
    else if (strcmp(name, "id") == 0) c.id = read_integer(r);
    else if (strcmp(name, "family") == 0) c.family = read_string(r);
    else if (strcmp(name, "flag") == 0) c.flag = read_string(r);
    else if (strcmp(name, "skipped") == 0) c.skipped = read_string(r);
    else if (strcmp(name, "snapshot") == 0) c.snapshot = read_base64(r, &c.snapshot_size);
    else if (strcmp(name, "request") == 0) c.request = read_base64(r, &c.request_size);
    else if (strcmp(name, "expect") == 0) read_expect(r, &c);
    else fail(r, name);
    free(name);
  } while (*r->at == ',' && r->at++);
  want(r, '}');
  if (!c.file || !c.family || !c.flag) fail(r, "something is missing");
  if (!c.skipped && (!c.snapshot || !c.request || c.enabled < 0)) fail(r, "something is missing");
  return c;
}

void read_cases(const char *path, test_cases *cases) {
  blob b = read_file("", path);
  reader r = {path, (const char *)b.bytes, 1};
  for (; *r.at; r.line++) {
    if (*r.at != '\n') {
      if ((cases->count & (cases->count - 1)) == 0) {
        cases->list = realloc(cases->list, (cases->count ? 2 * cases->count : 1) * sizeof(test_case));
        if (!cases->list) exit(2);
      }
      cases->list[cases->count++] = read_case(&r);
    }
    if (*r.at == '\r') r.at++;
    if (*r.at) want(&r, '\n');
  }
  free(b.bytes);
}

void free_cases(test_cases *cases) {
  size_t i;
  for (i = 0; i < cases->count; i++) {
    test_case *c = &cases->list[i];
    free(c->file), free(c->family), free(c->flag), free(c->skipped), free(c->snapshot), free(c->request), free(c->variant);
  }
  free(cases->list);
}

const char *decide_case(const test_case *c, char *why, size_t size) {
  gonfalon_snapshot *snapshot;
  gonfalon_decision d = {0};
  uint32_t offset;
  int32_t packed, code = gonfalon_load(c->snapshot, c->snapshot_size, &snapshot, &offset);
  const char *differs = why;
  if (code) {
    snprintf(why, size, "the snapshot is refused with code %d at byte %u", code, offset);
    return why;
  }
  packed = gonfalon_decide(snapshot, c->request, c->request_size, &d);
  if (packed < 0) snprintf(why, size, "the answer is error %d", packed);
  else if (packed != d.packed || (GONFALON_SERVES_VARIANT(packed) != 0) != (d.variant != 0)) snprintf(why, size, "the record differs from the packed decision");
  else if (GONFALON_REASON(packed) == GONFALON_UNKNOWN_FLAG && c->enabled) snprintf(why, size, "the snapshot has no such flag");
  else if (GONFALON_IS_ENABLED(packed) != c->enabled) snprintf(why, size, "enabled is %d", GONFALON_IS_ENABLED(packed));
  else if (c->has_variant && !c->variant != !d.name.data) snprintf(why, size, "a variant is %sserved", d.name.data ? "" : "not ");
  else if (c->has_variant && c->variant && (strlen(c->variant) != d.name.size || memcmp(c->variant, d.name.data, d.name.size) != 0))
    snprintf(why, size, "variant is %.*s, the reference answered %s", (int)d.name.size, (const char *)d.name.data, c->variant);
  else if (c->score16 >= 0 && GONFALON_SCORE16(packed) >= 0 && GONFALON_SCORE16(packed) != c->score16)
    snprintf(why, size, "score16 is %d, the reference answered %ld", GONFALON_SCORE16(packed), c->score16);
  else differs = NULL;
  gonfalon_free(snapshot);
  return differs;
}
