#!/bin/sh
# Runs all tests of the Ruby SDK. It needs Go too, unless GONFALON_BIN names a gonfalon and GONFALON_CONTRACT a hostsdk/contract.
# Debian: ruby ruby-minitest ruby-rack ruby-rspec-core ruby-rspec-expectations ruby-rspec-mocks gcc libc6-dev make
set -eu
cd "$(dirname "$0")"
ruby ext/gonfalon/build.rb
exec ruby -w -Ilib -Itest test/all.rb
