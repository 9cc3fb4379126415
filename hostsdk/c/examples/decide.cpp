// Reads a snapshot, as `gonfalon compile` writes it, and decides a flag for an actor.
//
//   decide-cpp flags.snapshot new_checkout user:1 [group…]
#include <fstream>
#include <gonfalon.hpp>
#include <iostream>
#include <iterator>
#include <random>

int main(int n, char** arguments) {
  if (n < 4) {
    std::cerr << "usage: decide-cpp FILE.snapshot FLAG ACTOR [GROUP...]\n";
    return 2;
  }
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  try {
    gonfalon::Snapshot flags(bytes);
    auto request = gonfalon::Request(arguments[2]).actor(arguments[3]).now().roll(std::random_device()());
    for (int i = 4; i < n; i++) request.group(arguments[i]);
    const auto decision = flags.decide(request);
    std::cout << arguments[2] << " is " << (decision && decision->enabled() ? "on" : "off");
    if (decision && decision->variant) std::cout << ", variant " << *decision->variant;
    if (decision && decision->payload) std::cout << " " << *decision->payload;
    std::cout << "\n";
  } catch (const gonfalon::LoadError& error) {
    std::cerr << arguments[1] << " is " << error.what() << "\n";
    return 1;
  }
}
