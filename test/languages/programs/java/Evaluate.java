import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.openfeature.contrib.providers.flagd.Config;
import dev.openfeature.contrib.providers.flagd.FlagdOptions;
import dev.openfeature.contrib.providers.flagd.FlagdProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FeatureProvider;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Evaluates flags with the OpenFeature SDK and one of its providers.
 *
 * <pre>
 *   Evaluate ofrep URL TOKEN
 *   Evaluate flagd FILE
 * </pre>
 *
 * The first line of stdin is a JSON array of {"name", "type"}. Each further line is a context. For each
 * context, a line of stdout has an array with [value, variant, error] for each flag.
 */
final class Evaluate {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The default of 1 s is too short for a Java that starts on a busy machine. */
  private static final int START_TIMEOUT_MS = 30_000;

  public static void main(String[] args) throws Exception {
    OpenFeatureAPI api = OpenFeatureAPI.getInstance();
    api.setProviderAndWait(createProvider(args));
    Client client = api.getClient();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List<?> flags = JSON.readValue(in.readLine(), List.class);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      EvaluationContext context = createContext(JSON.readValue(line, new TypeReference<>() {}));
      List<Object> answers = new ArrayList<>();
      for (Object flag : flags) {
        answers.add(evaluate(client, (Map<?, ?>) flag, context));
      }
      out.println(JSON.writeValueAsString(answers));
    }
    api.shutdown();
    System.exit(0);
  }

  private static FeatureProvider createProvider(String[] args) {
    if (args[0].equals("ofrep")) {
      ImmutableList<String> token = ImmutableList.of("Bearer " + args[2]);
      return OfrepProvider.constructProvider(
          OfrepProviderOptions.builder()
              .baseUrl(args[1])
              .headers(ImmutableMap.of("Authorization", token))
              .build());
    }
    return new FlagdProvider(
        FlagdOptions.builder()
            .resolverType(Config.Resolver.FILE)
            .offlineFlagSourcePath(args[1])
            .deadline(START_TIMEOUT_MS)
            .build());
  }

  private static EvaluationContext createContext(Map<String, Object> attributes) {
    Object key = attributes.remove("targetingKey");
    Map<String, Value> values = new HashMap<>();
    // A context of the SDK has integers of 32 bits and doubles.
    attributes.replaceAll(
        (name, value) -> value instanceof Long number ? (Object) number.doubleValue() : value);
    attributes.forEach((name, value) -> values.put(name, Value.objectToValue(value)));
    return key == null ? new ImmutableContext(values) : new ImmutableContext((String) key, values);
  }

  private static List<Object> evaluate(Client client, Map<?, ?> flag, EvaluationContext context) {
    String name = (String) flag.get("name");
    return switch ((String) flag.get("type")) {
      case "boolean" -> answer(client.getBooleanDetails(name, false, context));
      case "string" -> answer(client.getStringDetails(name, "fallback", context));
      case "integer" -> answer(client.getIntegerDetails(name, -1, context));
      case "number" -> answer(client.getDoubleDetails(name, -1.0, context));
      default -> answer(client.getObjectDetails(name, new Value(), context));
    };
  }

  private static List<Object> answer(FlagEvaluationDetails<?> details) {
    if (details.getErrorCode() != null) {
      return Arrays.asList(null, null, details.getErrorCode() + ": " + details.getErrorMessage());
    }
    Object value = details.getValue();
    if (value instanceof Value object) {
      value = object.isStructure() ? object.asStructure().asObjectMap() : object.asObject();
    }
    return Arrays.asList(value, details.getVariant(), null);
  }
}
