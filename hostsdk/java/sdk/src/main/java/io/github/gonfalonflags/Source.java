package io.github.gonfalonflags;

final class Source {}
