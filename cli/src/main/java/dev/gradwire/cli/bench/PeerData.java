package dev.gradwire.cli.bench;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.gradwire.graph.Graph;
import dev.gradwire.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A workload's inputs as files that peers read: {@code inputs.json} lists names, dtypes and shapes, {@code NAME.bin}
 * has the elements, little-endian and in row-major order.
 */
final class PeerData {
    private PeerData() {}

    /** Writes them to a folder called like the workload. */
    static void write(Path folder, TextWorkload workload) throws IOException {
        Path inside = Files.createDirectories(folder.resolve(workload.name()));
        JsonArray index = new JsonArray();
        List<Graph.Input> inputs = workload.graph().inputs();
        List<Tensor> tensors = workload.inputs();
        for (int i = 0; i < inputs.size(); i++) {
            Tensor tensor = tensors.get(i);
            JsonArray shape = new JsonArray();
            for (long dim : tensor.type().shape().dims()) {
                shape.add(dim);
            }
            JsonObject entry = new JsonObject();
            entry.addProperty("name", inputs.get(i).name());
            entry.addProperty("dtype", tensor.type().dtype().label());
            entry.add("shape", shape);
            index.add(entry);
            Path file = inside.resolve(inputs.get(i).name() + ".bin");
            Files.write(file, tensor.data().toArray(JAVA_BYTE));
        }
        Files.writeString(inside.resolve("inputs.json"), index.toString());
    }
}
