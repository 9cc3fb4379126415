# frozen_string_literal: true

# Compiles the C library into lib/gonfalon, for work in the source tree.

require "fileutils"
require "rbconfig"

root = File.expand_path("../..", __dir__)
work = File.join(root, "tmp")
FileUtils.mkdir_p(work)
Dir.chdir(work) do
  system(RbConfig.ruby, File.join(__dir__, "extconf.rb"), exception: true)
  system("make", "-s", "install", "sitearchdir=#{File.join(root, "lib")}", exception: true)
end
