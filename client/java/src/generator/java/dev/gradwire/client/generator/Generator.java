package dev.gradwire.client.generator;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes the operator methods of the Java client from the operator catalogue: {@code TensorOperators} has those with a
 * parameter {@code self}, as PyTorch's methods do, {@code GradwireOperators} those in which it is absent or not first.
 * Internal operators are left out; they can be called by name.
 *
 * <p>Arguments: the catalogue's file, the folder to write to. A file that would not change is left alone.
 */
public final class Generator {
    /** Operators that the client writes by hand, as they do more than record a call. */
    private static final Set<String> BY_HAND =
            Set.of("grad", "jvp", "jacobian", "hessian", "hvp", "sparse_jacobian", "detach");

    private Generator() {}

    private record Catalogue(List<Operator> operators) {}

    record Operator(String name, String doc, List<String> aliases, boolean differentiable, List<Overload> overloads) {}

    record Overload(String key, String schema) {}

    public static void main(String[] args) throws IOException {
        Catalogue catalogue = new Gson().fromJson(Files.readString(Path.of(args[0])), Catalogue.class);
        Path folder = Path.of(args[1], "dev", "gradwire", "client");
        Files.createDirectories(folder);
        write(folder, "TensorOperators", "Tensor", "Operators as methods of a tensor", methods(catalogue, true));
        write(
                folder,
                "GradwireOperators",
                "Gradwire",
                "Operators without a tensor in front",
                methods(catalogue, false));
    }

    private static List<String> methods(Catalogue catalogue, boolean onSelf) {
        List<String> methods = new ArrayList<>();
        Set<String> signatures = new HashSet<>();
        for (Operator operator : catalogue.operators) {
            boolean internal = operator.name.startsWith("_") || operator.name.endsWith("_backward");
            if (internal || BY_HAND.contains(operator.name)) {
                continue;
            }
            List<String> names = new ArrayList<>(List.of(operator.name));
            names.addAll(operator.aliases);
            for (int i = 0; i < operator.overloads.size(); i++) {
                OperatorMethods written = new OperatorMethods(operator, i);
                if (onSelf ? written.hasSelf() : !written.startsWithSelf()) {
                    names.forEach(name -> methods.addAll(written.methods(name, onSelf, signatures)));
                }
            }
        }
        return methods;
    }

    private static void write(Path folder, String name, String only, String role, List<String> methods)
            throws IOException {
        String text = """
                package dev.gradwire.client;

                import java.util.List;
                import org.jspecify.annotations.Nullable;

                /**
                 * %s, generated from the server's catalogue. Names, arguments and meaning are PyTorch's, in camel case;
                 * dimensions may be negative. Recording sends nothing: a wrong argument shows, as {@link
                 * InvalidGraphException}, when values are asked for.
                 */
                public abstract sealed class %s permits %s {
                    abstract Call call(String operator, @Nullable Object... args);

                %s}
                """.formatted(role, name, only, String.join("\n", methods));
        Path file = folder.resolve(name + ".java");
        if (!Files.exists(file) || !Files.readString(file).equals(text)) {
            Files.writeString(file, text);
        }
    }
}
