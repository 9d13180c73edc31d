package dev.gradwire.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.cli.conformance.Refusal;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BenchTest {
    private static Workload read(String file) {
        return Workload.read(ProjectRoot.find().resolve("conformance").resolve(file));
    }

    @Test
    void jsonHasTheFieldsThatToolsRead() {
        Measurement measurement = new Measurement("mlp", "gradwire", 2, 1.5, 0.25, 0.2, 0.3, 20, 4096);
        assertThat(BenchCommand.json(List.of(measurement)).replaceAll("\\s", ""))
                .isEqualTo("[{\"workload\":\"mlp\",\"engine\":\"gradwire\",\"threads\":2,\"cold_ms\":1.5,"
                        + "\"warm_ms\":0.25,\"peak_bytes\":4096}]");
    }

    @Test
    void aWorkloadIsOutputsAndGradients() {
        Workload workload = read("graphs/unused_input.json.gz");
        assertThat(workload.request().nodes().getLast().op()).isEqualTo("grad");
        assertThat(workload.request().outputs()).hasSize(3).endsWith("gradients", "gradients:1");
    }

    @Test
    void bothWaysAreTimed() throws Refusal {
        Workload workload = read("seed/tutorial_vector_backward_float64.json.gz");
        try (Contender engine = new EngineContender(1);
                Contender client = new ClientContender(1)) {
            for (Contender contender : List.of(engine, client)) {
                Measurement measurement = Measurement.take(contender, workload, 1, 3);
                assertThat(measurement.runs()).isEqualTo(3);
                assertThat(measurement.coldMillis()).isPositive();
                assertThat(measurement.lowMillis()).isLessThanOrEqualTo(measurement.warmMillis());
                assertThat(measurement.warmMillis()).isLessThanOrEqualTo(measurement.highMillis());
            }
        }
    }
}
