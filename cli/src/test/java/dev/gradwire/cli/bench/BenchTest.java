package dev.gradwire.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchTest {
    private static final String FILE = "seed/tutorial_vector_backward_float64.json.gz";

    private static FileWorkload read(String file) {
        return FileWorkload.read(ProjectRoot.find().resolve("conformance").resolve(file));
    }

    private static Measurement measurement(String engine, double cold, double warm, long peak) {
        return new Measurement("mlp", engine, 2, cold, warm, warm, warm, 20, peak, peak / 2);
    }

    @Test
    void jsonHasTheFieldsThatToolsRead() {
        assertThat(BenchCommand.json(List.of(measurement("gradwire", 1.5, 0.25, 4096)))
                        .replaceAll("\\s", ""))
                .isEqualTo("[{\"workload\":\"mlp\",\"engine\":\"gradwire\",\"threads\":2,\"cold_ms\":1.5,"
                        + "\"warm_ms\":0.25,\"peak_bytes\":4096}]");
    }

    @Test
    void goalsAreJudgedByTheBestPeer() {
        List<Measurement> rows = List.of(
                measurement("gradwire", 5.5, 3.8, 6_000_000),
                measurement("gradwire-grpc", 5.5, 1, 1_000_000),
                measurement("pytorch", 55, 5, 5_000_000),
                measurement("jax", 200, 4, 9_000_000));
        List<String> lines = BenchTable.goals(rows);
        assertThat(lines).hasSize(2);
        assertThat(lines.getLast().replaceAll("[\\s|]+", " "))
                .isEqualTo("mlp 2 jax 0.950 0.95 yes pytorch 0.1000 1.70 2 yes 1.20 1.20 no");
        assertThat(BenchTable.goals(rows.subList(0, 2))).isEmpty();
    }

    @Test
    void aFileIsOutputsAndGradients() {
        FileWorkload workload = read("graphs/unused_input.json.gz");
        assertThat(workload.request().nodes().getLast().op()).isEqualTo("grad");
        assertThat(workload.request().outputs()).hasSize(3).endsWith("gradients", "gradients:1");
    }

    @Test
    void bothWaysRunAFile() throws Refusal {
        try (Contender engine = new EngineContender(1);
                Contender client = new ClientContender(1)) {
            Map<String, List<Tensor>> values = new LinkedHashMap<>();
            for (Contender contender : List.of(engine, client)) {
                try (Contender.Loaded loaded = contender.load(read(FILE))) {
                    assertThat(loaded.firstNanos(1)).isPositive();
                    loaded.run();
                    values.put(contender.name(), loaded.values());
                }
            }
            assertThat(values.get("gradwire-grpc")).isNotEmpty().isEqualTo(values.get("gradwire"));
        }
    }

    @Test
    void theClientRefusesWhatItCannotRecord() {
        try (Contender client = new ClientContender(1)) {
            assertThatThrownBy(() -> client.load(Workloads.named("seed"))).isInstanceOf(Refusal.class);
        }
    }

    @Test
    void workersTakeTurns(@TempDir Path logs) throws IOException, Race.Disagreement {
        List<String> notes = new ArrayList<>();
        List<Measurement> measured;
        try (Workers workers = new Workers(1, logs, 60)) {
            List<Contestant> contestants = List.of(
                    Contestant.ours("gradwire"), new Contestant("none", false, List.of("sh", "-c", "echo lost >&2")));
            measured = new Race(new Race.Settings(2, 0.01), notes::add).run("seed", workers, contestants);
        }
        assertThat(notes).singleElement().asString().startsWith("seed, none left out: ended: ");
        assertThat(measured).hasSize(1);
        Measurement ours = measured.getFirst();
        assertThat(ours.engine()).isEqualTo("gradwire");
        assertThat(ours.runs()).isGreaterThanOrEqualTo(6);
        assertThat(ours.coldMillis()).isGreaterThan(ours.warmMillis());
        assertThat(ours.lowMillis()).isBetween(0.0, ours.warmMillis());
        assertThat(ours.tensorBytes()).isPositive();
    }

    @Test
    void enginesThatDisagreeAreFoundOut() throws Race.Disagreement {
        JsonObject first = values(10, 12, -3, 30);
        Race.compare("mlp", Map.of("gradwire", first));
        Race.compare("mlp", answers(first, values(10.005, 12, -3.02, 30.01)));
        Race.compare("mlp", answers(values(10, 12, 1e-6, 3e-6), values(10, 12, -2e-6, 4e-6)));
        assertDiffer(first, values(10.03, 12, -3, 30));
        assertDiffer(first, values(10, 12, -3.04, 30));
        assertDiffer(first, values(10, 12, -3, 30.1));
        assertDiffer(first, values(10, 12, Double.NaN, 30));
        assertDiffer(
                first,
                JsonParser.parseString("{'values': [{'sum': 10, 'size': 12}]}").getAsJsonObject());
    }

    private static JsonObject values(double sum, double size, double nextSum, double nextSize) {
        return JsonParser.parseString("{'values': [{'sum': %s, 'size': %s}, {'sum': %s, 'size': %s}]}"
                        .formatted(sum, size, nextSum, nextSize))
                .getAsJsonObject();
    }

    private static Map<String, JsonObject> answers(JsonObject ours, JsonObject peer) {
        Map<String, JsonObject> answers = new LinkedHashMap<>();
        answers.put("gradwire", ours);
        answers.put("jax", peer);
        return answers;
    }

    private static void assertDiffer(JsonObject ours, JsonObject peer) {
        assertThatThrownBy(() -> Race.compare("mlp", answers(ours, peer)))
                .isInstanceOf(Race.Disagreement.class)
                .hasMessageContaining("mlp: jax does not compute what gradwire does: ");
    }

    @Test
    void aChecksumTellsPlaces() {
        Checksum one = Checksum.of(Tensor.of(DType.FLOAT32, Shape.of(3), 1, -2, 0));
        assertThat(one).isEqualTo(new Checksum(-3, 5));
        assertThat(one.agrees(Checksum.of(Tensor.of(DType.FLOAT32, Shape.of(3), -2, 1, 0)), 1e-3, 0))
                .isFalse();
        assertThat(one.agrees(Checksum.of(Tensor.of(DType.FLOAT32, Shape.of(3), 1.0001, -2, 0)), 1e-3, 0))
                .isTrue();
    }

    @Test
    void quantilesAreOfAllSamples() {
        Samples samples = new Samples();
        for (int i = 100; i >= 0; i--) {
            samples.add(i * 1_000_000L);
        }
        assertThat(samples.count()).isEqualTo(101);
        assertThat(samples.quantile(0.25)).isEqualTo(25);
        assertThat(samples.quantile(0.5)).isEqualTo(50);
    }

    @Test
    void processorsAreReadAsTheSystemWritesThem() {
        assertThat(Processors.parse("0-2,5")).containsExactly(0, 1, 2, 5);
        assertThat(Processors.parse("7")).containsExactly(7);
    }
}
