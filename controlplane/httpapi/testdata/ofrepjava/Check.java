import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import java.util.List;
import java.util.Map;

/**
 * Asks a control plane with OpenFeature's own provider for Java, and prints what it was told, one JSON object a line:
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
        for (String key : List.of("on", "off", "staff", "plan", "child", "killed", "missing")) {
            print(client.getBooleanDetails(key, key.equals("killed") || key.equals("off"), user));
        }
        for (String key : List.of("names", "killed_off_variant")) {
            print(client.getStringDetails(key, "mine", user));
        }
        print(client.getIntegerDetails("number", 0, user));
        print(client.getDoubleDetails("whole", 0.0, user));
        System.exit(0); // the provider's threads would go on
    }

    static void print(FlagEvaluationDetails<?> d) {
        String value = d.getValue() instanceof String ? "\"" + d.getValue() + "\"" : String.valueOf(d.getValue());
        String code = d.getErrorCode() == null ? "" : d.getErrorCode().toString();
        String variant = d.getVariant() == null ? "" : d.getVariant();
        System.out.printf("{\"name\":\"%s\",\"value\":%s,\"reason\":\"%s\",\"variant\":\"%s\",\"errorCode\":\"%s\"}%n",
                d.getFlagKey(), value, d.getReason(), variant, code);
    }
}
