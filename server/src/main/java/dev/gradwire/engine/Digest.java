package dev.gradwire.engine;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** SHA-256 of what a plan depends on: operators, arguments, types, outputs, device. Names do not enter. */
final class Digest {
    private final DataOutputStream out;
    private final Map<Argument.Body, Integer> bodies = new HashMap<>();

    private Digest(DataOutputStream out) {
        this.out = out;
    }

    static byte[] of(Program program, String device) {
        MessageDigest sha = sha256();
        try (DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), sha)))) {
            new Digest(out).write(program, device);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sha.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private void write(Program program, String device) throws IOException {
        Graph graph = program.recording().graph();
        out.writeUTF(device);
        out.writeInt(program.outputCount());
        write(graph);
    }

    private void write(Graph graph) throws IOException {
        out.writeInt(graph.inputs().size());
        for (Graph.Input input : graph.inputs()) {
            write(input.value().type());
        }
        out.writeInt(graph.nodes().size());
        for (Node node : graph.nodes()) {
            out.writeUTF(node.op().schema().key());
            for (Argument argument : node.args()) {
                write(argument);
            }
        }
        out.writeInt(graph.outputs().size());
        for (Graph.Output output : graph.outputs()) {
            out.writeInt(output.value().id());
        }
    }

    /** A body that was written before is its number: functions that share others would take exponential time. */
    private void write(Argument.Body body) throws IOException {
        Integer known = bodies.putIfAbsent(body, bodies.size());
        tagged(10).writeInt(known == null ? -1 : known);
        if (known == null) {
            write(body.graph());
        }
    }

    private void write(TensorType type) throws IOException {
        out.writeUTF(type.dtype().label());
        out.writeInt(type.rank());
        for (long dim : type.shape().dims()) {
            out.writeLong(dim);
        }
    }

    /** Each kind has its own first byte, so that no two argument lists read alike. */
    private void write(Argument argument) throws IOException {
        switch (argument) {
            case Value value -> tagged(0).writeInt(value.id());
            case Argument.Int(long value) -> tagged(1).writeLong(value);
            case Argument.Float(double value) -> tagged(2).writeLong(Double.doubleToRawLongBits(value));
            case Argument.Bool(boolean value) -> tagged(3).writeBoolean(value);
            case Argument.Complex(double real, double imaginary) -> {
                tagged(4).writeLong(Double.doubleToRawLongBits(real));
                out.writeLong(Double.doubleToRawLongBits(imaginary));
            }
            case Argument.Text(String value) -> {
                tagged(5).writeInt(value.length());
                out.writeChars(value);
            }
            case Argument.Dtype(var value) -> tagged(6).writeUTF(value.label());
            case Argument.Constant(Tensor tensor) -> {
                tagged(7);
                write(tensor.type());
                out.write(tensor.data().toArray(ValueLayout.JAVA_BYTE));
            }
            case Argument.Items(List<Argument> items) -> {
                tagged(8).writeInt(items.size());
                for (Argument item : items) {
                    write(item);
                }
            }
            case Argument.None _ -> tagged(9);
            case Argument.Body body -> write(body);
            case Argument.Function(String name) -> throw new IllegalStateException(name + " has no types");
        }
    }

    private DataOutputStream tagged(int tag) throws IOException {
        out.writeByte(tag);
        return out;
    }
}
