package dev.gradwire.client;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Anomaly;
import dev.gradwire.v1.Executed;
import dev.gradwire.v1.GradCheckResult;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.Guarantees;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Statistics;
import dev.gradwire.v1.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run gives, whatever way it came.
 *
 * @param outputs by reference
 * @param gradients by input, without those that no root depends on
 */
record Answer(
        Map<String, TensorData> outputs,
        Map<String, TensorData> gradients,
        List<GradFn> gradFns,
        Statistics statistics,
        Guarantees guarantees,
        @Nullable Anomaly anomaly,
        List<GradCheckResult> gradChecks) {

    static Answer of(RunResponse response) {
        Map<String, TensorData> outputs = new HashMap<>();
        for (NamedTensor output : response.getOutputsList()) {
            outputs.put(output.getName(), data(output.getTensor()));
        }
        Map<String, TensorData> gradients = new HashMap<>();
        for (Gradient gradient : response.getGradientsList()) {
            if (gradient.hasValue()) {
                gradients.put(gradient.getInput(), data(gradient.getValue()));
            }
        }
        return new Answer(
                outputs,
                gradients,
                response.getGradFnsList(),
                response.getStatistics(),
                response.getGuarantees(),
                response.hasAnomaly() ? response.getAnomaly() : null,
                response.getGradChecksList());
    }

    /** @param opened the metadata that came when the program was opened, without measurements */
    static Answer of(
            Executed executed,
            Map<String, TensorData> outputs,
            Map<String, TensorData> gradients,
            List<GradFn> opened) {
        return new Answer(
                outputs,
                gradients,
                executed.getGradFnsCount() == 0 ? opened : executed.getGradFnsList(),
                executed.getStatistics(),
                executed.getGuarantees(),
                executed.hasAnomaly() ? executed.getAnomaly() : null,
                executed.getGradChecksList());
    }

    private static TensorData data(Tensor message) {
        TensorType type = TensorType.of(message.getDtype(), message.getDimsList());
        ByteString bytes = message.getData();
        return new TensorData(
                type,
                Packing.isRaw(message.getEncoding())
                        ? bytes
                        : Packing.unpack(message.getEncoding(), bytes.toByteArray(), type.byteCount()));
    }
}
