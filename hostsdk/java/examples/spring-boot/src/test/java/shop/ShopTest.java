package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.gonfalonflags.FlagsForTest;
import io.github.gonfalonflags.Target;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "server.tomcat.basedir=target/tomcat")
class ShopTest {
    /** In tests, the flags are those that the test sets. */
    @TestConfiguration
    static class Tests {
        @Bean
        @Primary
        FlagsForTest flagsForTest() {
            return new FlagsForTest();
        }
    }

    @Autowired
    private FlagsForTest flags;

    @Autowired
    private TestRestTemplate shop;

    @BeforeEach
    void forget() {
        flags.clear();
    }

    @Test
    void staffSeeTheNewCheckout() {
        flags.enable("new_checkout", Target.forGroup("staff"));
        HttpHeaders staff = new HttpHeaders();
        staff.add("Groups", "staff,guests");
        assertEquals("the new checkout", shop.exchange(
                "/checkout?user=user:3", HttpMethod.GET, new HttpEntity<>(staff), String.class).getBody());
        assertEquals("the old checkout", shop.getForObject("/checkout?user=user:3", String.class));
    }
}
