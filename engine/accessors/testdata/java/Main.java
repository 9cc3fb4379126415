import io.github.gonfalonflags.Gonfalon;
import io.github.gonfalonflags.Options;
import java.nio.file.Path;
import java.util.List;

/** Prints what a program gets by the generated methods. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        try (Gonfalon client = Gonfalon.connect(new Options().bootstrap(Path.of(args[0])))) {
            String who = "user:3";
            System.out.println(FeatureFlags.newCheckoutX1b72c6a1(client, who) + " " + FeatureFlags.classFlag(client, who) + " " + FeatureFlags.flag1st(client, null));
            System.out.println(FeatureFlags.heroXae6c79d1Variant(client, who, FeatureFlags.HeroXae6c79d1Variant.NAME).key);
            System.out.println(FeatureFlags.colorPayload(client, who, "red") + " " + FeatureFlags.limitPayload(client, who, 1)
                    + " " + FeatureFlags.ratioPayload(client, who, 2) + " " + FeatureFlags.fastPayload(client, who, false));
            FeatureFlags.ThemePayload theme = FeatureFlags.themePayload(client, who,
                    new FeatureFlags.ThemePayload("", null, new FeatureFlags.ThemePayloadBorder(null, 0), "", "", null, List.of(), List.of()));
            System.out.println(theme.color + " " + theme.sizes.size() + " " + theme.border.width + " " + (theme.border.style == null)
                    + " " + theme.points.get(1).x + " " + (theme.note == null));
        }
    }
}
