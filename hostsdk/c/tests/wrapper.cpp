// Tests gonfalon.hpp.
//
//   wrapper EXAMPLE.snapshot MANY.snapshot
#include "../gonfalon.hpp"

#include <limits>
#include <thread>

#include "check.h"

using gonfalon::Request;
using gonfalon::Snapshot;

static std::string file(const char* path) {
  const blob b = read_file("", path);
  std::string bytes(reinterpret_cast<char*>(b.bytes), b.size);
  free(b.bytes);
  return bytes;
}

template <typename T>
static std::string written(const T& value) {
  gonfalon::Msgpack m;
  m.value(value);
  return m.bytes();
}

static void test_decisions(const std::string& bytes) {
  Snapshot flags(bytes);
  const auto staff = flags.decide(Request("new_checkout").actor("user:3").group("staff"));
  CHECK(staff && staff->enabled() && staff->target == "staff" && !staff->variant && !staff->score());
  CHECK(staff && staff->reason() == GONFALON_TARGETING_MATCH && staff->gate() == GONFALON_GATE_GROUP);
  const auto hero = flags.decide(Request("hero").actor("user:3").now().roll(7));
  CHECK(hero && hero->variant == "blue" && hero->payload == "{\"hex\":\"#00f\"}" && !hero->target && hero->has_variants());
  CHECK(hero && hero->score() && *hero->score() == 28946 / 65536.0 && !hero->exhausted() && !hero->fixed());
  CHECK(flags.enabled(Request("new_checkout").actor("user:9").attribute("plan", "team")));
  CHECK(!flags.enabled(Request("new_checkout").attribute("plan", "team").attribute("plan", "pro")));  // the later one counts
  CHECK(!flags.enabled(Request("new_checkout").keyless()) && flags.enabled(Request("new_checkout").keyless().group("staff")));
  CHECK(flags.enabled(Request(*flags.find("hero"))) && !flags.find("her") && flags.key(1) == "new_checkout" && !flags.key(2));
  CHECK(flags.enabled("\xc1", true) && !flags.enabled("\xc1") && !flags.decide("\xc1"));
  const auto request = Request("new_checkout").bytes();
  CHECK(flags.explain(request) && flags.needs(request) && !flags.needs("\xc1"));
  const auto info = flags.info();
  CHECK(info && info->environment == "default" && info->flags == 2 && info->revision == 41 && info->id[0] == 0xf3);
  Snapshot moved = std::move(flags);
  bool answer = false;
  std::thread([clone = moved.clone(), &answer]() mutable { answer = clone.enabled(Request("hero")); }).join();
  CHECK(answer);
  try {
    moved.splice(std::string(GONFALON_MAX_BYTES + 1, 'x'));
    CHECK(false);
  } catch (const gonfalon::LoadError& error) {
    EQUAL(error.code, 1);
    EQUAL(error.offset, GONFALON_MAX_BYTES);
  }
  for (const auto& wrong : {std::string(), bytes.substr(0, 100), bytes + "x"}) {
    gonfalon_snapshot* none;
    std::uint32_t offset;
    const std::int32_t code = gonfalon_load(wrong.data(), wrong.size(), &none, &offset);
    try {
      Snapshot refused(wrong);
      CHECK(false);
    } catch (const gonfalon::LoadError& error) {
      CHECK(error.code > 0);
      EQUAL(error.code, code);
      EQUAL(error.offset, offset);
    }
  }
}

static void test_all(const std::string& bytes) {
  Snapshot flags(bytes);
  std::size_t seen = 0, on = 0;
  const auto count = flags.decide_all(Request::all().actor("user:3"), [&](std::size_t i, const gonfalon::Decision& d) {
    seen += i;
    on += d.enabled();
  });
  CHECK(count == 2500 && seen == 2500 * 2499 / 2 && on > 250 && on < 500);
  std::vector<std::string> keys;
  for (const std::uint32_t number : {7u, 3u}) keys.emplace_back(*flags.key(number));
  std::vector<std::int32_t> some;
  CHECK(flags.decide_all(Request(keys).actor("user:3"), [&](std::size_t, const gonfalon::Decision& d) { some.push_back(d.packed); }) == 2);
  CHECK(some.size() == 2 && flags.decide(Request(keys[1]).actor("user:3"))->packed == some[1]);
}

static void test_values() {
  CHECK(written(nullptr) == "\xc0" && written(std::optional<int>()) == "\xc0" && written(true) == "\xc3" && written(5) == "\x05");
  CHECK(written(-1) == std::string("\xd3\xff\xff\xff\xff\xff\xff\xff\xff") && written(5u) == "\x05" && written(static_cast<char>(5)) == "\x05");
  CHECK(written(5.0) == "\x05" && written(-0.0) == std::string("\0", 1) && written(9007199254740992.0) == written(9007199254740992));
  CHECK(written(0.5) == std::string("\xcb\x3f\xe0\0\0\0\0\0\0", 9) && written(1e300)[0] == '\xcb');
  CHECK(written(std::numeric_limits<double>::quiet_NaN()) == "\xc0" && written(-std::numeric_limits<float>::infinity()) == "\xc0");
  CHECK(written(std::numeric_limits<std::uint64_t>::max()) == std::string("\xc7\x14\x01") + "18446744073709551615");
  CHECK(written("é") == "\xa2é" && written(static_cast<const char*>(nullptr)) == "\xc0" && written(std::string(40, 'x')).substr(0, 5) == std::string("\xdb\0\0\0\x28", 5));
  CHECK(written("a\xff" "b") == "\xa5" "a\xef\xbf\xbd" "b" && written("\xe2\x82") == "\xa3\xef\xbf\xbd" && written("\xed\xa0\x80") == "\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(written("\xf0\x9f\x98\x80") == "\xa4\xf0\x9f\x98\x80" && written("\xc0\x80") == "\xa6\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(written(std::vector<int>{1, 2}) == "\x92\x01\x02" && written(std::map<std::string, bool>{{"b", true}, {"a", false}}) == "\x82\xa1" "a\xc2\xa1" "b\xc3");
}

int main(int n, char** arguments) {
  if (n != 3) return 2;
  test_decisions(file(arguments[1]));
  test_all(file(arguments[2]));
  test_values();
  return checked();
}
