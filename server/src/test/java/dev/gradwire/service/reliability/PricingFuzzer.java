package dev.gradwire.service.reliability;

import dev.gradwire.service.Details;
import dev.gradwire.service.Direct;
import dev.gradwire.service.Limit;
import dev.gradwire.service.Limits;
import dev.gradwire.service.TestServer;
import io.grpc.Status.Code;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Row F1: decodes, validates and prices any bytes. Jazzer finds the two methods by their names; {@code ./gradwire fuzz}
 * runs it. Whatever is thrown out of here is a finding.
 */
public final class PricingFuzzer {
    /** Small, so that a graph within them is soon priced. */
    private static final Limits LIMITS =
            new Limits(Map.of(Limit.MAX_GRAPH_NODES, 10_000L, Limit.MAX_GRAPH_VALUES, 40_000L));

    private static Direct direct;

    private PricingFuzzer() {}

    public static void fuzzerInitialize() {
        try {
            direct = new Direct(new TestServer(TestServer.CONFIG.withLimits(LIMITS)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        Optional<Details> refused = direct.price(bytes);
        if (refused.isPresent()) {
            Code code = refused.get().code();
            if (code != Code.INVALID_ARGUMENT && code != Code.FAILED_PRECONDITION && code != Code.RESOURCE_EXHAUSTED) {
                throw new AssertionError(refused.get().status());
            }
            Telltale.check(refused.get(), bytes);
        }
    }

    /**
     * Writes the messages where fuzzing begins.
     *
     * @param args the folder for them
     */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createDirectories(Path.of(args[0]));
        int number = 0;
        for (var plan : Seeds.plans()) {
            var _ = Files.write(folder.resolve("seed-" + number++), plan.toByteArray());
        }
    }
}
