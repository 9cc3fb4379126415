package io.github.gonfalonflags.junit;

import io.github.gonfalonflags.Flags;
import io.github.gonfalonflags.FlagsForTest;
import java.lang.reflect.AnnotatedElement;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands each test a client whose flags it sets. It is a parameter of the test, of {@code @BeforeEach} or of {@code @AfterEach}, of
 * type {@link FlagsForTest} or {@link Flags}; tests may run in parallel.
 *
 * <pre>{@code
 * @ExtendWith(GonfalonExtension.class)
 * class CheckoutTest {
 *     @Test
 *     @WithFlag("new_checkout")
 *     void theNewCheckout(FlagsForTest flags) { … }
 * }
 * }</pre>
 */
public final class GonfalonExtension implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(GonfalonExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        // A constructor's parameter would be that of all tests in the class.
        return context.getTestMethod().isPresent() && (type == FlagsForTest.class || type == Flags.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // The test's own store, so that nothing outside the test sees its flags.
        return context.getStore(NAMESPACE).getOrComputeIfAbsent(FlagsForTest.class, any -> make(context));
    }

    private static FlagsForTest make(ExtensionContext context) {
        FlagsForTest flags = snapshot(context).map(FlagsForTest::new).orElseGet(FlagsForTest::new);
        Deque<AnnotatedElement> elements = new ArrayDeque<>(); // from the outermost to the nearest
        for (Optional<ExtensionContext> at = Optional.of(context); at.isPresent(); at = at.get().getParent()) {
            at.get().getElement().ifPresent(elements::addFirst);
        }
        for (AnnotatedElement element : elements) {
            for (WithFlag flag : element.getAnnotationsByType(WithFlag.class)) {
                set(flags, flag);
            }
        }
        return flags;
    }

    private static void set(FlagsForTest flags, WithFlag flag) {
        if (flag.enabled()) {
            flags.enable(flag.value());
        } else {
            flags.disable(flag.value());
        }
        if (!flag.variant().isEmpty()) {
            flags.serve(flag.value(), flag.variant());
        }
    }

    private static Optional<Path> snapshot(ExtensionContext context) {
        Optional<ExtensionContext> at = Optional.of(context);
        while (at.isPresent()) {
            WithSnapshot found = at.get().getElement().map(one -> one.getAnnotation(WithSnapshot.class)).orElse(null);
            if (found != null) {
                return Optional.of(Path.of(found.value()));
            }
            at = at.get().getParent();
        }
        return Optional.empty();
    }
}
