import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Asks a control plane with OpenFeature's own provider for Java. Each line of standard input is a question, and each line of
 * standard output what the provider answered (see ofrepclients_test.go):
 *
 * <pre>java -cp 'lib/*' Check.java URL TOKEN</pre>
 */
public class Check {
    public static void main(String[] args) throws Exception {
        var options = OfrepProviderOptions.builder()
                .baseUrl(args[0])
                .headers(ImmutableMap.of("Authorization", ImmutableList.of("Bearer " + args[1])))
                .build();
        OpenFeatureAPI.getInstance().setProviderAndWait(OfrepProvider.constructProvider(options));
        Client client = OpenFeatureAPI.getInstance().getClient();
        var user = new ImmutableContext("user:3", Map.of("plan", new Value("pro"), "groups", new Value(List.of(new Value("staff")))));
        var json = new ObjectMapper();
        var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = questions.readLine()) != null; ) {
            JsonNode question = json.readTree(line);
            String key = question.get("key").asText();
            JsonNode mine = question.get("default");
            FlagEvaluationDetails<?> got = switch (question.get("type").asText()) {
                case "boolean" -> client.getBooleanDetails(key, mine.asBoolean(), user);
                case "string" -> client.getStringDetails(key, mine.asText(), user);
                case "integer" -> client.getIntegerDetails(key, mine.asInt(), user);
                case "float" -> client.getDoubleDetails(key, mine.asDouble(), user);
                default -> client.getObjectDetails(key, new Value(), user);
            };
            var answer = json.createObjectNode();
            answer.putPOJO("value", got.getValue() instanceof Value v && v.isStructure() ? v.asStructure().asObjectMap() : got.getValue());
            answer.put("reason", got.getReason());
            answer.put("variant", got.getVariant());
            answer.put("errorCode", got.getErrorCode() == null ? null : got.getErrorCode().toString());
            answers.println(answer);
        }
        System.exit(0); // the provider's threads would go on
    }
}
