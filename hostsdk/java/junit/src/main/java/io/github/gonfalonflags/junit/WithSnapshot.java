package io.github.gonfalonflags.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Says where the flags come from that a test doesn't set: a file that {@code gonfalon compile} made. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(GonfalonExtension.class)
public @interface WithSnapshot {
    /** The file's path, from the folder in which the tests run. */
    String value();
}
