package shop;

import io.github.gonfalonflags.Context;
import io.github.gonfalonflags.Flags;
import io.github.gonfalonflags.Gonfalon;
import io.github.gonfalonflags.Options;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * A shop whose checkout is behind a flag. With a server running (make run) and its token in GONFALON_TOKEN:
 *
 * <pre>GONFALON_ENDPOINT=http://127.0.0.1:8080 mvn -f hostsdk/java -pl examples/spring-boot -am install
 * GONFALON_ENDPOINT=http://127.0.0.1:8080 mvn -f hostsdk/java/examples/spring-boot spring-boot:run
 * curl '127.0.0.1:8081/checkout?user=user:3' -H 'Groups: staff'</pre>
 */
@SpringBootApplication
public class Shop {
    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }

    /** The one client of the program. Spring closes it, which reports what was evaluated; tests don't make it. */
    @Bean
    @Lazy
    Gonfalon flags() {
        return Gonfalon.connect(new Options().lastGood(Path.of("data", "flags.snapshot")));
    }

    /** The pages. */
    @RestController
    static class Pages {
        private final Flags flags;

        Pages(Flags flags) {
            this.flags = flags;
        }

        @GetMapping("/checkout")
        String checkout(@RequestParam String user, @RequestHeader(name = "Groups", defaultValue = "") String[] groups) {
            Context who = Context.of(user).inGroups(groups);
            return flags.enabled("new_checkout", who) ? "the new checkout" : "the old checkout";
        }

        @GetMapping("/flags")
        String state() {
            return flags.stats().toString();
        }
    }
}
