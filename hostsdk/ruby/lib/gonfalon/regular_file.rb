# frozen_string_literal: true

require "fileutils"
require "securerandom"

module Gonfalon
  # A file at a path that a program gives. Only a regular file is read or replaced: a pipe keeps a program waiting, and a device or a
  # folder isn't ours.
  module RegularFile
    ABANDONED = 60 # seconds after which a file that is being written belongs to a process that was killed

    module_function

    # Returns the path from the root on. One that can't be is returned as it is, and told by trouble.
    def absolute(path)
      File.expand_path(path)
    rescue ArgumentError # a NUL byte, or the home of an unknown user
      path.to_s
    rescue TypeError
      raise ArgumentError, "a path is a String or a Pathname, not #{Values.class_name(path)}"
    end

    # Says why there can't be a regular file at a path; nil if there is one, or nothing.
    def trouble(path)
      return "the path has a NUL byte" if path.include?("\0")
      return (File.symlink?(path) ? "it is a link to nothing" : nil) unless File.exist?(path)

      kind = File.ftype(File.realpath(path))
      kind == "file" ? nil : "it is no regular file, but a #{kind}"
    rescue SystemCallError => e
      e.message
    end

    # Returns the bytes of a regular file; raises ArgumentError if it isn't one, or is larger than most, and SystemCallError if it can't
    # be read.
    def read(path, most)
      wrong = trouble(path)
      raise ArgumentError, "#{path} is not a regular file: #{wrong}" if wrong

      # Without waiting, if it has become a pipe since.
      data = File.open(path, File::RDONLY | File::BINARY | File::NONBLOCK) do |file|
        raise ArgumentError, "#{path} is not a regular file" unless file.stat.file?

        file.read(most + 1)
      end
      raise ArgumentError, "#{path} is larger than a snapshot can be" if data.to_s.bytesize > most

      data || ""
    end

    # Writes a file whole or not at all. Raises ArgumentError if what is there isn't a regular file, and SystemCallError if it can't be.
    def write(path, data)
      wrong = trouble(path)
      raise ArgumentError, wrong if wrong

      path = File.realpath(path) if File.symlink?(path) # the link stays
      FileUtils.mkdir_p(File.dirname(path))
      beside = "#{path}.#{SecureRandom.hex(8)}"
      begin
        File.open(beside, File::WRONLY | File::CREAT | File::EXCL | File::BINARY, 0o600) do |file|
          file.write(data)
          file.fsync
        end
        File.rename(beside, path)
      rescue SystemCallError
        FileUtils.rm_f(beside)
        raise
      end
      sweep(path)
    end

    # Deletes what processes that were killed have left half written.
    def sweep(path)
      mine = /\A#{Regexp.escape(File.basename(path))}\.\h{16}\z/
      Dir.each_child(File.dirname(path)) do |name|
        left = File.join(File.dirname(path), name)
        File.delete(left) if name.match?(mine) && File.file?(left) && Time.now - File.mtime(left) > ABANDONED
      end
    rescue SystemCallError, ArgumentError # another process was quicker, or a name that is no text
      nil
    end
  end
  private_constant :RegularFile
end
