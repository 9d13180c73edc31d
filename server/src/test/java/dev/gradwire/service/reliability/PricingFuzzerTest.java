package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Row F1 without a fuzzer: the seeds, what fuzzing has found so far, and some thousand mutations of these. */
final class PricingFuzzerTest {
    /** Inputs that were findings once; {@code ./gradwire fuzz} says which to put here. */
    private static final Path FOUND = Path.of("src/test/resources/dev/gradwire/service/reliability/found");

    private static final int MUTATIONS = 5_000;
    private static final long SEED = 1;

    @BeforeAll
    static void start() {
        PricingFuzzer.fuzzerInitialize();
    }

    private static List<byte[]> inputs() throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        Seeds.plans().forEach(plan -> inputs.add(plan.toByteArray()));
        if (Files.isDirectory(FOUND)) {
            try (Stream<Path> files = Files.list(FOUND)) {
                for (Path file : files.toList()) {
                    inputs.add(Files.readAllBytes(file));
                }
            }
        }
        return inputs;
    }

    @Test
    void f1WhateverBytesComeAreAnswered() throws IOException {
        Random random = new Random(SEED);
        List<byte[]> inputs = inputs();
        assertThat(inputs)
                .isNotEmpty()
                .allSatisfy(bytes -> assertThatCode(() -> PricingFuzzer.fuzzerTestOneInput(bytes))
                        .doesNotThrowAnyException());
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = inputs.get(random.nextInt(inputs.size())).clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            PricingFuzzer.fuzzerTestOneInput(bytes);
        }
        Figures.add("F1 replay", inputs.size() + " inputs, " + MUTATIONS + " mutations: 0 uncaught", "0", SEED);
    }
}
