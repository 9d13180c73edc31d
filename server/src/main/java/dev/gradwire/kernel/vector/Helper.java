package dev.gradwire.kernel.vector;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;

/** A static method that generated loops call. */
record Helper(ClassDesc owner, String name, MethodTypeDesc type) {
    static Helper of(Method method) {
        return new Helper(
                ClassDesc.ofDescriptor(method.getDeclaringClass().descriptorString()),
                method.getName(),
                MethodTypeDesc.ofDescriptor(MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                        .descriptorString()));
    }
}
