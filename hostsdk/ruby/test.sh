#!/bin/sh
# Runs all tests of the Ruby SDK. Debian packages: ruby, ruby-minitest (or ruby's own), ruby-rspec-core, ruby-rspec-expectations, ruby-rack,
# gcc, make. Other tools: Go, unless GONFALON_BIN names a gonfalon and GONFALON_CONTRACT a hostsdk/contract.
set -eu
cd "$(dirname "$0")"
ruby ext/gonfalon/build.rb
exec ruby -w -Ilib -Itest -e 'Dir["./test/*_test.rb"].sort.each { |file| require file }'
