# frozen_string_literal: true

require_relative "lib/gonfalon/version"

# gem.sh puts the C library's sources beside the extension before it builds the gem.
Gem::Specification.new do |spec|
  spec.name = "gonfalon"
  spec.version = Gonfalon::VERSION
  spec.summary = "Feature flags decided in memory, by the same engine in every language"
  spec.description = "Follows the flags of a Gonfalon control plane and evaluates them locally, in microseconds, without a network call."
  spec.authors = ["The Gonfalon authors"]
  spec.homepage = "https://github.com/gonfalon-flags/gonfalon"
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = { "rubygems_mfa_required" => "true", "source_code_uri" => spec.homepage }
  spec.files = Dir["lib/**/*.rb", "ext/gonfalon/extconf.rb", "ext/gonfalon/c/**/*", "README.md", "LICENSE"].select { |path| File.file?(path) }
  spec.extensions = ["ext/gonfalon/extconf.rb"]
end
