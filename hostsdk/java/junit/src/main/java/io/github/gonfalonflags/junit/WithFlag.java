package io.github.gonfalonflags.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Says what a flag is in a test, or in all tests of a class. The nearest one counts. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Repeatable(WithFlags.class)
@ExtendWith(GonfalonExtension.class)
public @interface WithFlag {
    /** The flag's key. */
    String value();

    /** Whether it is on. */
    boolean enabled() default true;

    /** The variant that every actor is served; none if it is empty. */
    String variant() default "";
}
