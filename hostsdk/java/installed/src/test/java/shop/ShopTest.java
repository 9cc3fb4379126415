package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.openfeature.sdk.MutableContext;
import io.github.gonfalonflags.FlagsForTest;
import io.github.gonfalonflags.junit.GonfalonExtension;
import io.github.gonfalonflags.junit.WithFlag;
import io.github.gonfalonflags.openfeature.GonfalonProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(GonfalonExtension.class)
class ShopTest {
    @Test
    @WithFlag("new_checkout")
    @WithFlag(value = "hero", variant = "blue")
    void whatWasInstalledDecides(FlagsForTest flags) {
        assertTrue(flags.enabled("new_checkout"));
        assertEquals("blue", flags.variant("hero", "user:3"));
        MutableContext user = new MutableContext("user:3");
        assertEquals("blue", new GonfalonProvider(flags).getStringEvaluation("hero", "red", user).getValue());
    }

    @Test
    void theEngineComesUnderItsOwnNameAlone() {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("run.endive.runtime.Instance"));
    }
}
