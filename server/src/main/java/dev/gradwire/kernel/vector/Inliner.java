package dev.gradwire.kernel.vector;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.PseudoInstruction;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Copies static methods of this package into generated code where it would call them. The compiler of the JVM inlines
 * calls only until a method has grown so large, which a few transcendental functions are enough for, and a vector passed
 * to a method that is not inlined becomes an object; methods of the Vector API themselves are inlined always. What
 * cannot be copied is called through a constant handle, which is inlined later and further than a plain call.
 */
final class Inliner {
    private static final Map<ClassDesc, Map<String, CodeModel>> METHODS = new ConcurrentHashMap<>();
    private static final String PACKAGE = Inliner.class.getPackageName();
    private static final DirectMethodHandleDesc BIND = ConstantDescs.ofCallsiteBootstrap(
            ClassDesc.ofDescriptor(Inliner.class.descriptorString()),
            "bind",
            ConstantDescs.CD_CallSite,
            ConstantDescs.CD_String);

    private final CodeBuilder code;
    private int nextLocal;

    /**
     * @param firstLocal the first local variable that is free
     */
    Inliner(CodeBuilder code, int firstLocal) {
        this.code = code;
        nextLocal = firstLocal;
    }

    /** A new local variable; those of copied methods are never the same. */
    int allocate(TypeKind kind) {
        int slot = nextLocal;
        nextLocal += kind.slotSize();
        return slot;
    }

    /** The next variable to be allocated, to {@link #release} what is allocated from now on. */
    int mark() {
        return nextLocal;
    }

    void release(int mark) {
        nextLocal = mark;
    }

    /** Does what a call with the arguments on the stack would do. */
    void call(Helper helper) {
        copy(helper.owner(), helper.name(), helper.type().descriptorString());
    }

    private static CodeModel method(ClassDesc owner, String name, String type) {
        CodeModel found = METHODS.computeIfAbsent(owner, Inliner::parse).get(name + type);
        if (found == null) {
            throw new IllegalArgumentException("no code of " + owner.displayName() + "." + name + type);
        }
        return found;
    }

    private static boolean canBeCopied(CodeModel body) {
        for (CodeElement element : body) {
            boolean no = switch (element) {
                case ExceptionCatch _, TableSwitchInstruction _, LookupSwitchInstruction _ -> true;
                // handles of functions are private to their classes
                case FieldInstruction field -> field.typeSymbol().equals(ConstantDescs.CD_MethodHandle);
                default -> false;
            };
            if (no) {
                return false;
            }
        }
        return true;
    }

    /** Bootstrap of a call through a constant handle. */
    static CallSite bind(MethodHandles.Lookup caller, String name, MethodType type, String owner)
            throws ReflectiveOperationException {
        Class<?> home = caller.findClass(PACKAGE + "." + owner);
        MethodHandles.Lookup inside = MethodHandles.privateLookupIn(home, MethodHandles.lookup());
        return new ConstantCallSite(inside.findStatic(home, name, type));
    }

    private static Map<String, CodeModel> parse(ClassDesc owner) {
        try (InputStream in = Inliner.class.getResourceAsStream(owner.displayName() + ".class")) {
            if (in == null) {
                throw new IllegalStateException("no class file of " + owner.displayName());
            }
            ClassModel model = ClassFile.of().parse(in.readAllBytes());
            Map<String, CodeModel> found = new HashMap<>();
            for (MethodModel method : model.methods()) {
                method.code()
                        .ifPresent(body -> found.put(
                                method.methodName().stringValue()
                                        + method.methodType().stringValue(),
                                body));
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copy(ClassDesc owner, String name, String type) {
        CodeModel body = method(owner, name, type);
        if (!canBeCopied(body)) {
            code.invokedynamic(
                    DynamicCallSiteDesc.of(BIND, name, MethodTypeDesc.ofDescriptor(type), owner.displayName()));
            return;
        }
        int base = nextLocal;
        nextLocal += ((CodeAttribute) body).maxLocals();
        storeArguments(MethodTypeDesc.ofDescriptor(type).parameterList(), base);
        Map<Label, Label> labels = new HashMap<>();
        Label end = code.newLabel();
        List<CodeElement> elements = body.elementList();
        int last = elements.size() - 1;
        while (!(elements.get(last) instanceof ReturnInstruction)) {
            last--;
        }
        for (int i = 0; i < elements.size(); i++) {
            copy(elements.get(i), base, labels, i == last ? null : end);
        }
        code.labelBinding(end);
        nextLocal = base;
    }

    private void storeArguments(List<ClassDesc> types, int base) {
        int slot = base;
        for (ClassDesc type : types) {
            slot += TypeKind.from(type).slotSize();
        }
        for (ClassDesc type : types.reversed()) {
            TypeKind kind = TypeKind.from(type);
            slot -= kind.slotSize();
            code.storeLocal(kind, slot);
        }
    }

    private void copy(CodeElement element, int base, Map<Label, Label> labels, @Nullable Label end) {
        switch (element) {
            case LabelTarget target -> code.labelBinding(labels.computeIfAbsent(target.label(), l -> code.newLabel()));
            case PseudoInstruction _ -> {}
            case LoadInstruction load -> code.loadLocal(load.typeKind(), base + load.slot());
            case StoreInstruction store -> code.storeLocal(store.typeKind(), base + store.slot());
            case IncrementInstruction increment -> code.iinc(base + increment.slot(), increment.constant());
            case ReturnInstruction _ -> {
                if (end != null) {
                    code.goto_(end);
                }
            }
            case BranchInstruction branch ->
                code.branch(branch.opcode(), labels.computeIfAbsent(branch.target(), l -> code.newLabel()));
            case InvokeInstruction call
            when isOurs(call) ->
                copy(
                        call.owner().asSymbol(),
                        call.name().stringValue(),
                        call.type().stringValue());
            default -> code.with(element);
        }
    }

    private static boolean isOurs(InvokeInstruction call) {
        return call.opcode() == Opcode.INVOKESTATIC
                && call.owner().asSymbol().packageName().equals(PACKAGE);
    }
}
